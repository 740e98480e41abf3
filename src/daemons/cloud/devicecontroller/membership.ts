import { randomUUID } from 'node:crypto';
import { newMessage } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import type { EdgeDevice } from '../../../protocol/membership.ts';
import type { Device } from '../../../protocol/devices.ts';
import { formatDeviceId } from '../../../protocol/topics.ts';

/** Tells a node's DeviceTwin about devices that came or went (KubeEdge wire format, `membership`; both keys are always there). */
export function membershipUpdate(devices: { added: readonly EdgeDevice[] } | { removed: readonly EdgeDevice[] }, now: number): Message {
  const route = { source: 'devicecontroller', group: 'twin', operation: 'update', resource: 'membership' };
  const content = {
    event_id: randomUUID(),
    timestamp: now,
    added_devices: 'added' in devices ? devices.added : null,
    removed_devices: 'removed' in devices ? devices.removed : null,
  };
  return newMessage(route, content, { now });
}

/** A device as DeviceTwin knows it: the ID has two levels (KubeEdge ≥ 1.16), the description is a label. */
export function edgeDevice({ metadata }: Pick<Device, 'metadata'>): EdgeDevice {
  const { name, namespace = '', labels } = metadata;
  const description = labels?.['description'];
  return { id: formatDeviceId({ namespace, name }), name, ...(description !== undefined && { description }) };
}
