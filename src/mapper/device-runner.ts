import { Backoff } from '../kernel/backoff.ts';
import type { Clock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import { DeviceLost } from './driver.ts';
import type { DeviceHandle, Driver, MapperLog } from './driver.ts';
import { sameButDesired } from './mapped-device.ts';
import type { PlannedDevice, PlannedProperty } from './mapped-device.ts';
import { Schedule } from './schedule.ts';
import type { Task } from './schedule.ts';
import { formatValue, parseValue } from './values.ts';

/** What KubeEdge from 1.18 on takes for the state of a device. */
export type DeviceState = 'online' | 'offline' | 'unhealthy';

export interface RunnerDeps {
  readonly driver: Driver;
  readonly log: MapperLog;
  readonly clock: Clock;
  /** How long one call of the driver may take. */
  readonly timeoutMs: number;
  /** A property was read. */
  readonly onValue: (device: PlannedDevice, property: PlannedProperty, text: string) => void;
  readonly onState: (device: PlannedDevice, state: DeviceState) => void;
}

const OPEN_AGAIN = { initialMs: 500, maxMs: 30_000 };

/** One device: opens it, reads and writes its properties one at a time, and opens it again when it is lost. */
export class DeviceRunner {
  readonly #deps: RunnerDeps;
  readonly #stop = new AbortController();
  readonly #backoff = new Backoff(OPEN_AGAIN);
  /** Why a property cannot be read or written at present, by kind and name. */
  readonly #failures = new Map<string, string>();
  /** Aborts when the opening is over. */
  #opening = new AbortController();
  #device: PlannedDevice;
  #schedule = new Schedule();
  #handle: DeviceHandle | undefined;
  #mustReopen = false;
  #wake: () => void = () => undefined;
  #lastError: string | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(device: PlannedDevice, deps: RunnerDeps) {
    this.#device = device;
    this.#deps = deps;
  }

  get device(): PlannedDevice {
    return this.#device;
  }

  /** @param after what must have ended before: an earlier runner of the same device */
  start(after: Promise<void>): void {
    this.#ended = after.then(() => this.#run());
  }

  /** The device's file has changed: what is desired is written; anything else opens the device anew. */
  update(device: PlannedDevice): void {
    const before = this.#device;
    this.#device = device;
    if (!sameButDesired(before, device)) {
      this.#mustReopen = true;
      this.#opening.abort();
    } else if (this.#handle !== undefined) this.#desire(before, device);
    this.#wake();
  }

  /** Resolves once the device is closed. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#opening.abort();
    this.#wake();
    await this.#ended;
  }

  #desire(before: PlannedDevice, device: PlannedDevice): void {
    for (const [index, property] of device.properties.entries()) {
      this.#schedule.replace(property);
      if (before.properties[index]?.desired === property.desired) continue;
      this.#failures.delete(`write ${property.name}`);
      this.#schedule.wantWrite(property, this.#deps.clock.elapsed());
    }
  }

  get #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** False when the opening is not the one that the device's file asks for, and at the end. */
  get #isWanted(): boolean {
    return !this.#mustReopen && !this.#stopped;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      if (this.#mustReopen) await this.#close();
      if (this.#handle === undefined) await this.#open();
      else await this.#next();
    }
    await this.#close();
  }

  async #open(): Promise<void> {
    const { driver, log, clock } = this.#deps;
    this.#mustReopen = false;
    this.#opening = new AbortController();
    const device = this.#device;
    const { signal } = this.#opening;
    const opening = Promise.resolve().then(() => driver.open(device, { log, signal }));
    try {
      this.#handle = await this.#limited('open', () => opening);
    } catch (error) {
      // One that comes too late is not kept.
      void opening.then((late) => late.close?.()).catch(() => undefined);
      this.#lost(error);
      if (this.#isWanted) await this.#pause(this.#backoff.next());
      return;
    }
    this.#failures.clear();
    this.#lastError = undefined;
    log.info({ device: device.id }, 'the device is open');
    // The newest, whatever was desired while it was opened.
    if (this.#isWanted) this.#schedule = Schedule.of(this.#device, clock.elapsed());
  }

  async #next(): Promise<void> {
    const { clock } = this.#deps;
    const task = this.#schedule.next();
    const wait = task === undefined ? 60_000 : task.at - clock.elapsed();
    if (task === undefined || wait > 0) await this.#pause(wait);
    else await this.#perform(task);
  }

  async #perform(task: Task): Promise<void> {
    const { clock } = this.#deps;
    try {
      await (task.kind === 'read' ? this.#read(task.property) : this.#write(task.property));
      this.#schedule.done(task, clock.elapsed());
      this.#succeeded(task);
    } catch (error) {
      if (error instanceof DeviceLost) {
        this.#lost(error);
        await this.#close();
        await this.#pause(this.#backoff.next());
      } else this.#failed(task, error);
    }
  }

  async #read(property: PlannedProperty): Promise<void> {
    const handle = this.#handle;
    if (handle === undefined) return;
    const value = await this.#limited(`read ${property.name}`, async () => handle.read(property));
    if (this.#isWanted) this.#deps.onValue(this.#device, property, formatValue(property, value));
  }

  async #write(property: PlannedProperty): Promise<void> {
    const handle = this.#handle;
    if (handle === undefined || property.desired === undefined) return;
    if (handle.write === undefined) throw new WrongDesired('the driver only reads');
    const value = readDesired(property, property.desired);
    await this.#limited(`write ${property.name}`, async () => handle.write?.(property, value));
    this.#deps.log.info({ device: this.#device.id, property: property.name, value: property.desired }, 'a desired value was written');
  }

  #succeeded({ kind, property }: Task): void {
    const { log, onState } = this.#deps;
    this.#backoff.reset();
    const key = `${kind} ${property.name}`;
    if (this.#failures.delete(key)) log.info({ device: this.#device.id, property: property.name }, `${kind} works again`);
    onState(this.#device, this.#failures.size === 0 ? 'online' : 'unhealthy');
  }

  #failed(task: Task, error: unknown): void {
    const { log, clock, onState } = this.#deps;
    const { kind, property } = task;
    const [key, text] = [`${kind} ${property.name}`, messageOf(error)];
    this.#schedule.failed(task, clock.elapsed(), error instanceof WrongDesired);
    if (this.#failures.get(key) !== text) log.warn({ device: this.#device.id, property: property.name }, `${kind} failed: ${text}`);
    this.#failures.set(key, text);
    onState(this.#device, 'unhealthy');
  }

  #lost(error: unknown): void {
    if (!this.#isWanted) return;
    const { log, onState } = this.#deps;
    const text = messageOf(error);
    if (this.#lastError !== text) log.warn({ device: this.#device.id }, `the device cannot be reached: ${text}`);
    this.#lastError = text;
    onState(this.#device, 'offline');
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    this.#opening.abort();
    await this.#limited('close', async () => handle?.close?.()).catch((error: unknown) => {
      this.#deps.log.warn({ device: this.#device.id, err: error }, 'the device could not be closed');
    });
  }

  /** What a driver does is never waited for without end. @throws DeviceLost when it takes too long */
  #limited<T>(what: string, run: () => Promise<T>): Promise<T> {
    const { clock, timeoutMs } = this.#deps;
    return new Promise<T>((resolve, reject) => {
      const cancel = clock.after(timeoutMs, () => reject(new DeviceLost(`${what} took longer than ${timeoutMs} ms`)));
      run().then(resolve, reject).finally(cancel);
    });
  }

  /** Ends early when something has changed. */
  #pause(ms: number): Promise<void> {
    if (!this.#isWanted) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

/** A desired value that no trial can make right. */
class WrongDesired extends Error {}

function readDesired(property: PlannedProperty, text: string): ReturnType<typeof parseValue> {
  try {
    return parseValue(property, text);
  } catch (error) {
    throw new WrongDesired(messageOf(error));
  }
}
