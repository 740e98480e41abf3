import { connect } from 'node:net';
import { MapperClient } from '../../../../dmi/mapper-client.ts';
import type { Clock } from '../../../../kernel/clock.ts';
import { KedgeError } from '../../../../kernel/errors.ts';
import type { Scope } from '../../../../kernel/module.ts';
import { WorkQueue } from '../../../../kernel/work-queue.ts';
import type { GroupCommit } from '../../../../store/group-commit.ts';
import type { MapperRow, Mappers, ToldRow } from '../../../../store/mappers.ts';
import { planCalls } from './mapper-plan.ts';
import type { MapperStep } from './mapper-plan.ts';
import type { WantedObjects } from './wanted-objects.ts';

export interface MapperCallerDeps {
  readonly mappers: Mappers;
  readonly group: GroupCommit;
  /** What mappers of a protocol should know of now. */
  readonly wanted: (protocol: string) => WantedObjects;
  readonly clock: Clock;
}

export interface MapperState {
  /** Why the mapper does not know of everything yet. */
  readonly error?: string;
}

/** Mappers called at the same time. */
const CONCURRENCY = 8;

/** Calls each mapper until it knows of what it should; one that is away is tried again, with back-off. */
export class MapperCaller {
  readonly #deps: MapperCallerDeps;
  readonly #scope: Scope;
  readonly #queue: WorkQueue;
  readonly #clients = new Map<string, MapperClient>();
  readonly #errors = new Map<string, string>();
  /** Devices that a mapper is to be told of though nothing has changed about them. */
  readonly #again = new Map<string, Set<string>>();

  constructor(deps: MapperCallerDeps, scope: Scope) {
    this.#deps = deps;
    this.#scope = scope;
    this.#queue = new WorkQueue(scope, (address) => this.#bring(address), { concurrency: CONCURRENCY, initialMs: 500, clock: deps.clock });
    scope.defer(() => {
      for (const client of this.#clients.values()) client.close();
    });
  }

  bringAll(): void {
    for (const { address } of this.#deps.mappers.list()) this.#queue.add(address);
  }

  /** Tells a mapper of a device (`namespace/name`) that it knows already. */
  remind(address: string, deviceId: string): void {
    const again = this.#again.get(address) ?? new Set();
    this.#again.set(address, again.add(deviceId));
    this.#queue.add(address);
  }

  stateOf(address: string): MapperState {
    const error = this.#errors.get(address);
    return error === undefined ? {} : { error };
  }

  /** A mapper has registered and knows of `told` alone. Its earlier self under another address is forgotten when nobody listens there. */
  async register(mapper: MapperRow, told: readonly ToldRow[]): Promise<void> {
    const { mappers, group } = this.#deps;
    const { address, name } = mapper;
    // What its earlier self is being told just now counts no more.
    this.#forget(address);
    await group.run(() => mappers.put(mapper, told));
    for (const other of mappers.list().filter((each) => each.name === name && each.address !== address)) {
      if (await listens(other.address)) continue;
      this.#forget(other.address);
      await group.run(() => mappers.remove(other.address));
    }
    this.#queue.add(address);
  }

  async #bring(address: string): Promise<void> {
    const { mappers, wanted } = this.#deps;
    const mapper = mappers.list().find((each) => each.address === address);
    if (mapper === undefined) return;
    const objects = wanted(mapper.protocol);
    for (const [device, reason] of objects.held)
      this.#scope.log.warn({ mapper: mapper.name, device, reason }, 'a mapper is not told of a device');
    const refused: string[] = [];
    const again = this.#again.get(address);
    this.#again.delete(address);
    for (const step of planCalls(objects, mappers.told(address), again)) {
      const refusal = await this.#take(address, step);
      if (refusal !== undefined) refused.push(refusal);
      this.#scope.signal.throwIfAborted();
    }
    if (refused.length === 0) {
      this.#errors.delete(address);
      return;
    }
    const [first = ''] = refused;
    this.#errors.set(address, first);
    throw new KedgeError('INVALID_INPUT', first);
  }

  /** One call. What the mapper refuses holds up none of the others. @returns the refusal */
  async #take(address: string, { method, request, after }: MapperStep): Promise<string | undefined> {
    const { mappers, group } = this.#deps;
    const client = this.#client(address);
    try {
      await client.call(method, request);
    } catch (error) {
      if (error instanceof KedgeError && error.code === 'INVALID_INPUT') return `${after.id}: ${error.message}`;
      this.#errors.set(address, error instanceof Error ? error.message : String(error));
      throw error;
    }
    // It has registered anew, or gone, meanwhile.
    if (this.#clients.get(address) !== client) return undefined;
    const { digest, ...known } = after;
    await group.run(() => {
      if (digest === undefined) mappers.forget(address, known);
      else mappers.tell(address, { ...known, digest });
    });
    return undefined;
  }

  #client(address: string): MapperClient {
    const client = this.#clients.get(address) ?? new MapperClient(address);
    this.#clients.set(address, client);
    return client;
  }

  #forget(address: string): void {
    this.#clients.get(address)?.close();
    this.#clients.delete(address);
    this.#errors.delete(address);
    this.#again.delete(address);
  }
}

/** Whether somebody listens on a Unix socket. */
function listens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
