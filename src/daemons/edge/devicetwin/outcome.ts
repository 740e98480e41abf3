import { randomUUID } from 'node:crypto';
import type { EdgeDevice, MembershipUpdated } from '../../../protocol/membership.ts';
import { deviceTopic, membershipTopic, parseDeviceId } from '../../../protocol/topics.ts';
import type { DeviceSuffix, Dialect } from '../../../protocol/topics.ts';
import type { TwinDelta } from '../../../protocol/twin.ts';
import type { TwinState } from '../../../store/device-twins.ts';
import type { TwinPlan } from './twin-engine.ts';
import { twinDelta, twinDocument } from './twin-messages.ts';

export interface Publication {
  readonly topic: string;
  readonly payload: object;
}

/** The delta of a device after a change; undefined when nothing is left to be desired. */
export interface ToldDelta {
  readonly delta: TwinDelta | undefined;
  /** In which form it was asked for, if anybody asked. */
  readonly dialect: Dialect | undefined;
}

/** What is to follow once a transaction is on disk: publications in their order, and the devices that changed or went. */
export class Outcome {
  readonly publications: Publication[] = [];
  readonly changed = new Set<string>();
  /** Devices whose state the cloud must learn. */
  readonly states = new Set<string>();
  readonly removed = new Set<string>();
  /** Devices that have come online. */
  readonly came = new Set<string>();
  readonly deltas = new Map<string, ToldDelta>();
  readonly #cloudIdOf: (deviceId: string) => string | undefined;

  /** @param cloudIdOf the ID that the cloud uses for a device */
  constructor(cloudIdOf: (deviceId: string) => string | undefined) {
    this.#cloudIdOf = cloudIdOf;
  }

  publish(topic: string, payload: object): void {
    this.publications.push({ topic, payload });
  }

  /**
   * To a device's topic. Without a dialect nobody asked: the namespaced form is taken, and where the cloud leaves the namespace out
   * (KubeEdge up to 1.15) the plain one, too, for that is where mappers of that time listen.
   */
  publishTo(deviceId: string, suffix: DeviceSuffix, payload: object, dialect?: Dialect): void {
    const device = parseDeviceId(deviceId);
    if (device === undefined) return;
    this.publish(deviceTopic(device, suffix, dialect), payload);
    if (dialect === undefined && this.#cloudIdOf(deviceId) === device.name) this.publish(deviceTopic(device, suffix, 'plain'), payload);
  }

  /** The document of what changed, then the delta if anything is still expected. */
  publishChange(
    deviceId: string,
    change: { eventId: string; document: TwinPlan['document']; twins: ReadonlyMap<string, TwinState>; now: number; dialect?: Dialect },
  ): void {
    const { eventId, document, twins, now, dialect } = change;
    if (document.size > 0) this.publishTo(deviceId, 'twin/update/document', twinDocument(eventId, document, now), dialect);
    const delta = twinDelta(twins, { now });
    this.deltas.set(deviceId, { delta, dialect });
    if (delta !== undefined) this.publishTo(deviceId, 'twin/update/delta', delta, dialect);
  }

  publishMembership(nodeName: string, kind: 'added' | 'removed', device: EdgeDevice, now: number): void {
    const updated: MembershipUpdated = {
      event_id: randomUUID(),
      timestamp: now,
      added_devices: kind === 'added' ? [device] : null,
      removed_devices: kind === 'removed' ? [device] : null,
    };
    this.publish(membershipTopic(nodeName, 'updated'), updated);
  }
}
