import type { Logger } from '../../../kernel/log.ts';
import type { AddedDevice } from '../../../protocol/membership.ts';
import { parseMembershipUpdate } from '../../../protocol/membership.ts';
import { formatDeviceId, parseDeviceId } from '../../../protocol/topics.ts';
import { twinsOf } from '../../../protocol/twin.ts';
import type { Refusal, TwinUpdate } from '../../../protocol/twin.ts';
import type { DeviceRow } from '../../../store/devices.ts';
import { edgeDevice } from './device-messages.ts';
import type { DeviceStore } from './device-store.ts';
import type { Outcome } from './outcome.ts';
import { planUpdate } from './twin-engine.ts';
import type { TwinSource } from './twin-engine.ts';
import { livingTwins } from './twin-messages.ts';

/** A device as the cloud tells of it; what is left out is as before. */
export interface KnownDevice {
  /** `namespace/name`. */
  readonly id: string;
  readonly cloudId?: string;
  readonly uid?: string;
  readonly description: string;
}

/** Which devices this node has. Their object and the cloud's `membership` message tell of them, in any order (KubeEdge reference, twin engine). */
export class Membership {
  readonly #store: DeviceStore;
  readonly #nodeName: string;
  readonly #log: Logger;

  constructor(store: DeviceStore, nodeName: string, log: Logger) {
    this.#store = store;
    this.#nodeName = nodeName;
    this.#log = log;
  }

  /** Adds a device, or refreshes what is known of it. Only a new one is published. */
  add(device: KnownDevice, now: number, outcome: Outcome): void {
    if (this.#put(device)) this.#announce(device.id, now, outcome);
  }

  /** Removes a device with its twins and everything that the cloud was still to learn of it. */
  remove(row: DeviceRow, now: number, outcome: Outcome): void {
    this.#store.removeDevice(row);
    outcome.publishMembership(this.#nodeName, 'removed', edgeDevice({ ...row, state: '', lastOnline: '' }), now);
    outcome.changed.delete(row.id);
    outcome.states.delete(row.id);
    outcome.removed.add(row.id);
  }

  /**
   * The cloud's MembershipUpdate. Twins come with it up to KubeEdge 1.14. A device that has an object goes with it alone: they travel in
   * queues of their own, and the removal of a predecessor may come late.
   */
  update(content: unknown, now: number, outcome: Outcome): void {
    const update = parseMembershipUpdate(content);
    if (update === undefined) throw new Error('the content is not a MembershipUpdate');
    for (const device of update.added) this.#added(device, now, outcome);
    for (const { id } of update.removed) {
      const row = this.#store.devices.get(edgeId(id));
      if (row?.uid === '') this.remove(row, now, outcome);
    }
  }

  /** `twin/cloud_updated`, how clouds up to 1.14 change expected values. What is refused as stale is reported back. */
  sync(cloudId: string, content: Record<string, unknown>, now: number, outcome: Outcome): void {
    const eventId = typeof content['event_id'] === 'string' ? content['event_id'] : '';
    const id = edgeId(cloudId);
    if (this.#store.devices.get(id) === undefined) throw new Error(`device ${cloudId} is not known`);
    this.#applyTwins(id, twinsOf(eventId, content['twin']), 'sync', { now, outcome });
  }

  #added({ id: cloudId, description, twin }: AddedDevice, now: number, outcome: Outcome): void {
    const id = edgeId(cloudId);
    const isNew = this.#put({ id, cloudId, description: description ?? '' });
    if (Object.keys(twin ?? {}).length > 0) this.#applyTwins(id, twinsOf('', twin), 'membership', { now, outcome });
    if (isNew) this.#announce(id, now, outcome);
  }

  /** @returns whether the device is new */
  #put({ id, cloudId, uid, description }: KnownDevice): boolean {
    const known = this.#store.devices.get(id);
    const name = parseDeviceId(id)?.name ?? id;
    this.#store.devices.put({ id, name, description, cloudId: cloudId ?? known?.cloudId ?? id, uid: uid ?? known?.uid ?? '' });
    return known === undefined;
  }

  #announce(id: string, now: number, outcome: Outcome): void {
    const row = this.#store.devices.get(id);
    if (row === undefined) return;
    const twins = livingTwins(this.#store.twins.list(id));
    const device = twins.size === 0 ? edgeDevice(row) : { ...edgeDevice(row), twin: Object.fromEntries(twins) };
    outcome.publishMembership(this.#nodeName, 'added', device, now);
    outcome.changed.add(id);
  }

  /** What is refused is logged: no MQTT client asked, and the cloud's other devices go on. */
  #applyTwins(id: string, update: TwinUpdate | Refusal, source: TwinSource, { now, outcome }: { now: number; outcome: Outcome }): void {
    const twins = this.#store.twins.list(id);
    const plan = 'reason' in update ? { refusal: update.reason } : planUpdate({ twins, update: update.twins, source, now });
    if ('refusal' in plan) {
      this.#log.warn({ device: id, reason: plan.refusal }, 'twins of the cloud were refused');
      return;
    }
    this.#store.saveTwins(id, { twins, ...plan, source: 'cloud', now });
    const current = new Map([...twins, ...plan.writes]);
    outcome.publishChange(id, { eventId: update.eventId, document: plan.document, twins: current, now });
    outcome.changed.add(id);
  }
}

/** Clouds up to 1.15 leave the namespace out; it is `default` here. */
function edgeId(cloudId: string): string {
  const device = parseDeviceId(cloudId);
  return device === undefined ? cloudId : formatDeviceId(device);
}
