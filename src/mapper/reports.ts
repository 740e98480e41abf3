import type { EdgeClient } from '../dmi/edge-client.ts';
import type { Clock } from '../kernel/clock.ts';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import type { Scope } from '../kernel/module.ts';
import { WorkQueue } from '../kernel/work-queue.ts';
import type { DmiTwin } from '../protocol/dmi.ts';
import { parseDeviceId } from '../protocol/topics.ts';
import type { DeviceState } from './device-runner.ts';
import { idOf } from './mapped-device.ts';

/** Devices that are reported of at the same time. */
const CONCURRENCY = 8;

interface Pending {
  /** The newest of each property. */
  readonly twins: Map<string, DmiTwin>;
  state?: DeviceState | undefined;
}

/** What the edge has yet to be told: the newest value of each property, and the state of each device. It waits here while the edge is away. */
export class Reports {
  readonly #clock: Clock;
  readonly #scope: Scope;
  readonly #queue: WorkQueue;
  readonly #pending = new Map<string, Pending>();
  readonly #states = new Map<string, DeviceState>();
  #edge: EdgeClient | undefined;

  constructor(scope: Scope, clock: Clock) {
    this.#clock = clock;
    this.#scope = scope;
    this.#queue = new WorkQueue(scope, (id) => this.#send(id), { concurrency: CONCURRENCY, clock });
  }

  value(id: string, propertyName: string, value: string, desired: string | undefined): void {
    const metadata = { timestamp: String(this.#clock.now()) };
    const twin: DmiTwin = { propertyName, reported: { value, metadata } };
    if (desired !== undefined) twin.observedDesired = { value: desired, metadata };
    this.#of(id).twins.set(propertyName, twin);
    this.#wake(id);
  }

  /** A state that is the last one said is not said again. */
  state(id: string, state: DeviceState): void {
    if (this.#states.get(id) === state) return;
    this.#states.set(id, state);
    this.#of(id).state = state;
    this.#wake(id);
  }

  forget(id: string): void {
    this.#pending.delete(id);
    this.#states.delete(id);
  }

  /** The mapper has registered: everything that waits goes, and the states, which the edge may have missed, go again. */
  connect(edge: EdgeClient): void {
    this.#edge = edge;
    for (const [id, state] of this.#states) this.#of(id).state ??= state;
    for (const id of this.#pending.keys()) this.#queue.add(id);
  }

  disconnect(): void {
    this.#edge = undefined;
  }

  #of(id: string): Pending {
    const pending = this.#pending.get(id) ?? { twins: new Map() };
    this.#pending.set(id, pending);
    return pending;
  }

  #wake(id: string): void {
    if (this.#edge !== undefined) this.#queue.add(id);
  }

  async #send(id: string): Promise<void> {
    const [edge, pending, device] = [this.#edge, this.#pending.get(id), parseDeviceId(id)];
    if (edge === undefined || pending === undefined || device === undefined) return;
    this.#pending.delete(id);
    const named = { deviceName: device.name, deviceNamespace: device.namespace };
    try {
      await this.#sendState(edge, named, pending);
      const twins = [...pending.twins.values()];
      if (twins.length > 0) await edge.call('ReportDeviceStatus', { ...named, reportedDevice: { twins } });
    } catch (error) {
      // What is refused would be refused again; the values of the next cycle are another chance.
      if (error instanceof KedgeError && error.code === 'UNREACHABLE') this.#keep(id, pending);
      else this.#scope.log.warn({ device: id }, messageOf(error));
    }
  }

  /** One that is refused is said again the next time that the device has it. */
  async #sendState(edge: EdgeClient, device: { deviceName: string; deviceNamespace: string }, pending: Pending): Promise<void> {
    const { state } = pending;
    if (state === undefined) return;
    try {
      await edge.call('ReportDeviceStates', { ...device, state });
      pending.state = undefined;
    } catch (error) {
      if (error instanceof KedgeError && error.code === 'INVALID_INPUT')
        this.#states.delete(idOf({ namespace: device.deviceNamespace, name: device.deviceName }));
      throw error;
    }
  }

  /** For later, unless newer ones wait already. */
  #keep(id: string, { twins, state }: Pending): void {
    const newer = this.#of(id);
    for (const [name, twin] of twins) if (!newer.twins.has(name)) newer.twins.set(name, twin);
    newer.state ??= state;
  }
}
