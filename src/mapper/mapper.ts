import { dirname, join } from 'node:path';
import { EdgeClient } from '../dmi/edge-client.ts';
import { serveMapper } from '../dmi/serve-dmi.ts';
import { Backoff } from '../kernel/backoff.ts';
import { sleep } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Module, Scope } from '../kernel/module.ts';
import type { MapperRegisterResponse } from '../protocol/dmi.ts';
import { DeviceRunner } from './device-runner.ts';
import { Devices } from './devices.ts';
import type { MapperOptions } from './driver.ts';
import type { PlannedDevice, PlannedProperty } from './mapped-device.ts';
import { Reports } from './reports.ts';

export interface MapperDeps extends Pick<MapperOptions, 'name' | 'protocol' | 'version' | 'driver'> {
  /** Where the edge's DMI is, asked before each registration. @throws KedgeError when there is no edge */
  readonly edgeSocket: () => Promise<string>;
  readonly ownSocket: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

const REGISTER_AGAIN = { initialMs: 200, maxMs: 5_000 };

/** The other end of DMI: registers with the edge, is told of devices, and has each of them run by the driver. */
export class Mapper implements Module {
  readonly name = 'mapper';
  readonly #deps: MapperDeps;
  /** By device and property. */
  readonly #values = new Map<string, Map<string, { text: string; reportedAt: number }>>();

  constructor(deps: MapperDeps) {
    this.#deps = deps;
  }

  async start(scope: Scope): Promise<void> {
    const { driver, timeoutMs, clock, ownSocket } = this.#deps;
    const { log } = scope;
    const reports = new Reports(scope, clock);
    const devices = new Devices({
      log,
      check: (device) => driver.check?.(device),
      newRunner: (device) =>
        new DeviceRunner(device, {
          ...{ driver, timeoutMs, clock, log },
          onValue: (of, property, text) => this.#read(reports, of, property, text),
          onState: ({ id }, state) => reports.state(id, state),
        }),
      onRefused: ({ id }) => reports.state(id, 'unhealthy'),
      onRemoved: (id) => {
        this.#values.delete(id);
        reports.forget(id);
      },
      lastValue: (id, property) => this.#values.get(id)?.get(property)?.text,
    });
    scope.defer(() => devices.stop());
    await serveMapper(scope, ownSocket, devices.served);
    const registering = this.#keepRegistered(scope, devices, reports);
    scope.defer(() => registering);
  }

  /** A value goes to the edge when its file says so, at most once in its report cycle. */
  #read(reports: Reports, { id }: PlannedDevice, { name, desired, reportToCloud, reportCycleMs }: PlannedProperty, text: string): void {
    const now = this.#deps.clock.elapsed();
    const values = this.#values.get(id) ?? new Map<string, { text: string; reportedAt: number }>();
    this.#values.set(id, values);
    const before = values.get(name);
    const isDue = reportToCloud && (before === undefined || now - before.reportedAt >= reportCycleMs);
    values.set(name, { text, reportedAt: isDue ? now : (before?.reportedAt ?? Number.NEGATIVE_INFINITY) });
    if (isDue) reports.value(id, name, text, desired);
  }

  /** Registers, and registers anew whenever the connection to the edge was lost. */
  async #keepRegistered({ signal, log }: Scope, devices: Devices, reports: Reports): Promise<void> {
    const { edgeSocket } = this.#deps;
    const backoff = new Backoff(REGISTER_AGAIN);
    let trouble: string | undefined;
    while (!signal.aborted) {
      let edge: EdgeClient | undefined;
      try {
        const path = await edgeSocket();
        const client = new EdgeClient(path);
        edge = client;
        await devices.inTurn(async () => devices.replaceAll(await this.#register(client)));
        log.info({ edge: path }, 'registered with the edge');
        trouble = undefined;
        backoff.reset();
        reports.connect(client);
        const isLost = await Promise.race([client.lost().then(() => true), aborted(signal).then(() => false)]);
        if (isLost) log.warn({ edge: path }, 'the edge is away');
      } catch (error) {
        if (trouble !== messageOf(error)) log.warn({}, `not registered with the edge: ${messageOf(error)}`);
        trouble = messageOf(error);
      }
      reports.disconnect();
      edge?.close();
      await sleep(backoff.next(), signal, this.#deps.clock).catch(() => undefined);
    }
  }

  async #register(edge: EdgeClient): Promise<MapperRegisterResponse> {
    const { name, version, protocol, ownSocket } = this.#deps;
    const mapper = { name, version, protocol, api_version: 'v1beta1', address: Buffer.from(ownSocket), state: 'ok' };
    return (await edge.call('MapperRegister', { withData: true, mapper })) as MapperRegisterResponse;
  }
}

/** `NAME.mapper.sock` beside the edge's socket. */
export function socketBeside(edgeSocket: string, name: string): string {
  return join(dirname(edgeSocket), `${name}.mapper.sock`);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
