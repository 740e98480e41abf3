import type { Clock } from '../../../kernel/clock.ts';
import { systemClock } from '../../../kernel/clock.ts';
import { messageOf } from '../../../kernel/errors.ts';
import type { Module, ModuleStatus, Scope } from '../../../kernel/module.ts';
import { usesModel } from '../../../protocol/device-spec.ts';
import type { Device, DeviceModel, Twin } from '../../../protocol/devices.ts';
import { contentObject } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import { deviceTopic, formatDeviceId, parseDeviceId, parseDeviceResource, parseEdgeRequest } from '../../../protocol/topics.ts';
import type { DeviceId, EdgeRequest } from '../../../protocol/topics.ts';
import { parseBaseMessage } from '../../../protocol/twin.ts';
import type { Refusal } from '../../../protocol/twin.ts';
import type { TwinHistoryEntry } from '../../../protocol/twin-history.ts';
import { isDatabaseFailure } from '../../../store/disk-trouble.ts';
import { deviceIdOf } from './device-objects.ts';
import { assembleParts } from './device-parts.ts';
import type { DeviceParts, DeviceTwinDeps } from './device-parts.ts';
import type { HistoryFilter } from './device-queries.ts';
import { errorResult } from './device-requests.ts';
import { Outcome } from './outcome.ts';

/**
 * The desired and reported state of the devices: SQLite first, then the acknowledgement, then result, document and delta to the
 * applications, then the cloud.
 */
export class DeviceTwin implements Module {
  readonly name = 'devicetwin';
  readonly #deps: DeviceTwinDeps;
  readonly #clock: Clock;
  #running: DeviceParts | undefined;

  constructor(deps: DeviceTwinDeps) {
    this.#deps = deps;
    this.#clock = deps.clock ?? systemClock;
  }

  async start(scope: Scope): Promise<void> {
    const { bus, listStored } = this.#deps;
    const running = assembleParts(this.#deps, scope, this.#clock, (id) => this.#apply(id));
    this.#running = running;
    scope.defer(() => running.sender.stop());
    scope.defer(() => running.unmet.stop());
    // The last wills and reports: the broker has ended by then, the database has not.
    scope.defer(() => running.group.flush());
    bus.on(scope, 'objectStored', ({ namespace, type, name }) => this.#changed({ namespace, name }, type));
    bus.on(scope, 'objectDeleted', ({ namespace, type, name }) => this.#changed({ namespace, name }, type));
    bus.on(scope, 'cloudConnected', () => running.sender.connected());
    bus.on(scope, 'cloudDisconnected', () => running.sender.stop());
    for (const model of listStored('devicemodel')) running.objects.learn(model);
    // What came or went while nobody watched. Devices without uid have no object.
    const known = running.store.devices.list().filter(({ uid }) => uid !== '');
    const ids = new Set([...listStored('device').map(deviceIdOf), ...known.map(({ id }) => id)]);
    await Promise.all([...ids].map((id) => this.#bring(id)));
    running.unmet.start();
  }

  status(): ModuleStatus {
    const { store, sender } = this.#started;
    const queues = { unconfirmed: store.outbox.size, inFlight: sender.inFlight };
    return { state: 'ok', facts: { devices: store.devices.list().length }, queues };
  }

  /**
   * Takes what an application published; resolves once it is on disk, so that it may be acknowledged then. Answers are published before.
   * @throws what SQLite throws: nothing of the request is kept, and it must not be acknowledged
   */
  async commit(topic: string, payload: Buffer): Promise<void> {
    const request = parseEdgeRequest(topic);
    if (request !== undefined) await this.#take(request, payload);
  }

  /**
   * The same for a report that came another way than MQTT: its `body` is that of the topic.
   * @returns why it was refused
   */
  report(kind: 'twin/update' | 'state/update', device: DeviceId, body: object): Promise<Refusal | undefined> {
    return this.#take({ kind, device, dialect: 'namespaced', isOfMapper: true }, Buffer.from(JSON.stringify(body)));
  }

  /** A message of the cloud of group `twin`: membership, `cloud_updated`, or a confirmation. */
  async receive(message: Message): Promise<void> {
    const { resource = '', operation } = message.route;
    const { membership, sender } = this.#started;
    const cloudId = parseDeviceResource(resource, 'twin/cloud_updated');
    if (operation === 'response' && resource === 'twin') await sender.confirm(message.header.parent_msg_id ?? '');
    else if (resource === 'membership') {
      await this.#transact((now, outcome) => {
        membership.update(contentObject(message), now, outcome);
      });
    } else if (cloudId !== undefined) {
      await this.#transact((now, outcome) => {
        membership.sync(cloudId, contentObject(message) ?? {}, now, outcome);
      });
    } else throw new Error(`DeviceTwin does not understand ${operation ?? ''} ${resource}`);
  }

  /** The devices of this edge as Kubernetes objects, their twins in `status`. Works offline. */
  listDevices(): Device[] {
    return this.#started.queries.list();
  }

  getDevice(namespace: string, name: string): Device | undefined {
    return this.#started.queries.get(namespace, name);
  }

  getModel(namespace: string, name: string): DeviceModel | undefined {
    return this.#started.queries.model(namespace, name);
  }

  /** Undefined if there is no such device. */
  getTwins(namespace: string, name: string): Twin[] | undefined {
    return this.#started.queries.twins(namespace, name);
  }

  /** The values that a device's twins had, or that one of them had; undefined if there is no such device or twin. */
  readHistory(namespace: string, name: string, filter: HistoryFilter): AsyncIterable<TwinHistoryEntry> | undefined {
    return this.#started.queries.history(namespace, name, filter);
  }

  /** Tells of every later change of a device, with undefined once it is gone, until the signal aborts. */
  watchTwins(namespace: string, name: string, onChange: (device: Device | undefined) => void, signal: AbortSignal): void {
    this.#started.queries.watch(namespace, name, onChange, signal);
  }

  /** The delta of each device that has one, for applications that may have missed it. */
  deltas(): { topic: string; payload: string }[] {
    return this.#started.queries.deltas(this.#clock.now());
  }

  /** Somebody has subscribed these filters at the embedded broker: the deltas among them are told again soon. */
  subscribed(filters: readonly string[]): void {
    this.#running?.unmet.subscribed(filters);
  }

  get #started(): DeviceParts {
    if (this.#running === undefined) throw new Error('DeviceTwin is not started');
    return this.#running;
  }

  async #take(request: EdgeRequest, payload: Buffer): Promise<Refusal | undefined> {
    const { requests } = this.#started;
    try {
      return await this.#transact((now, outcome) => requests.handle(request, payload, now, outcome));
    } catch (error) {
      this.#refuse(request, payload, error);
      throw error;
    }
  }

  /** Runs `work` in a transaction shared with others of the same moment, then does what it left to be done. */
  async #transact<T>(work: (now: number, outcome: Outcome) => T): Promise<T> {
    const { group, store } = this.#started;
    const attempt = (): { outcome: Outcome; result: T } => {
      const outcome = new Outcome((id) => store.devices.get(id)?.cloudId);
      return { outcome, result: work(this.#clock.now(), outcome) };
    };
    const { outcome, result } = await group.runOrAlone(attempt);
    this.#follow(outcome);
    return result;
  }

  #follow({ publications, removed, changed, states, deltas, came }: Outcome): void {
    const { sender, queries, unmet } = this.#started;
    for (const { topic, payload } of publications) this.#deps.publish(topic, JSON.stringify(payload));
    for (const id of removed) {
      sender.forget(id);
      unmet.forget(id);
    }
    for (const id of changed) sender.wake(id);
    for (const id of states) sender.wakeState(id);
    for (const [id, told] of deltas) unmet.told(id, told);
    for (const id of came) unmet.came(id);
    for (const id of new Set([...removed, ...changed, ...states])) queries.notify(id);
  }

  #refuse(request: EdgeRequest, payload: Buffer, error: unknown): void {
    this.#started.scope.log.error({ err: error, request }, 'a report could not be stored and is not acknowledged');
    if (request.kind !== 'twin/update') return;
    const refusal = { eventId: parseBaseMessage(payload) ?? '', code: 500, reason: messageOf(error) } as const;
    const topic = deviceTopic(request.device, 'twin/update/result', request.dialect);
    this.#deps.publish(topic, JSON.stringify(errorResult(refusal, this.#clock.now())));
  }

  /** What is stored now counts, not what is told: what came and went in one moment may be told in another order. */
  async #changed(id: DeviceId, type: string): Promise<void> {
    if (type === 'device') await this.#bring(formatDeviceId(id));
    if (type !== 'devicemodel') return;
    const model = this.#deps.getStored({ ...id, type });
    if (model === undefined) {
      this.#started.objects.forgetModel(id);
      return;
    }
    this.#started.objects.learn(model);
    const devices = this.#deps.listStored('device').filter((device) => usesModel(device, model));
    await Promise.all(devices.map((device) => this.#bring(deviceIdOf(device))));
  }

  /** Never rejects: one object that cannot be applied must not hold up the others. What the disk refuses is tried again. */
  async #bring(id: string): Promise<void> {
    try {
      await this.#apply(id);
    } catch (error) {
      this.#started.scope.log.error({ err: error, device: id }, 'a Device object could not be applied');
      if (isDatabaseFailure(error)) this.#started.retries.add(id);
    }
  }

  /** Brings a device in line with its object as it is stored now, or is no more. */
  async #apply(id: string): Promise<void> {
    const device = parseDeviceId(id);
    await this.#transact((now, outcome) => {
      const object = device === undefined ? undefined : this.#deps.getStored({ ...device, type: 'device' });
      this.#started.objects.apply(id, object, now, outcome);
    });
  }
}
