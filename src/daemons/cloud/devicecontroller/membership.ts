import { randomUUID } from 'node:crypto';
import { parseDeviceSpec, parseModelRules } from '../../../protocol/device-spec.ts';
import { twinTypeOf } from '../../../protocol/devices.ts';
import type { Device, DeviceModel } from '../../../protocol/devices.ts';
import type { EdgeDialect } from '../../../protocol/edge-dialect.ts';
import type { EdgeDevice } from '../../../protocol/membership.ts';
import { newMessage } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import { deviceResource, formatDeviceId } from '../../../protocol/topics.ts';
import type { MsgTwin } from '../../../protocol/twin.ts';

/** Tells a node's DeviceTwin about devices that came or went (KubeEdge wire format, `membership`; both keys are always there). */
export function membershipUpdate(devices: { added: readonly EdgeDevice[] } | { removed: readonly EdgeDevice[] }, now: number): Message {
  const content = {
    event_id: randomUUID(),
    timestamp: now,
    added_devices: 'added' in devices ? devices.added : null,
    removed_devices: 'removed' in devices ? devices.removed : null,
  };
  return newMessage({ ...ROUTE, resource: 'membership' }, content, { now });
}

const ROUTE = { source: 'devicecontroller', group: 'twin', operation: 'update' };

/** Tells an edge that a message of its DeviceTwin is dealt with; it would send it again otherwise, every 60 s. */
export function confirmation(messageId: string): Message {
  return newMessage({ ...ROUTE, operation: 'response', resource: 'twin' }, 'OK', { parentId: messageId });
}

/**
 * All devices of a node that asks for its memberships (`membership/detail`): it removes what is not among them. Twins are told otherwise; an
 * empty map changes none. It names no parent: edges of KubeEdge take what has one for a confirmation and look no further.
 */
export function membershipDetail(devices: readonly EdgeDevice[], now: number): Message {
  const content = { event_id: randomUUID(), timestamp: now, devices: devices.map((device) => ({ ...device, twin: {} })) };
  return newMessage({ ...ROUTE, resource: 'membership/detail/result' }, content, { now });
}

/** A device as DeviceTwin knows it, without twins, the description being a label. */
export function edgeDevice(device: Pick<Device, 'metadata'>, dialect: EdgeDialect): EdgeDevice {
  const { name, labels } = device.metadata;
  const description = labels?.['description'];
  return { id: deviceIdFor(device, dialect), name, ...(description !== undefined && { description }) };
}

/**
 * A device that comes, with its twins where Device objects are not read. Elsewhere their map is empty, not absent: of a device that it knows
 * already, an edge of KubeEdge would tell applications that an update of theirs had no twins.
 */
export function addedDevice(device: Device, dialect: EdgeDialect, now: number, model?: DeviceModel): EdgeDevice {
  return { ...edgeDevice(device, dialect), twin: dialect.twins === 'messages' ? desiredTwins(device, model, now) : {} };
}

/** What is desired of a device now, to an edge up to KubeEdge 1.14; twins of properties that went are deleted. */
export function cloudUpdated(old: Device, device: Device, dialect: EdgeDialect, model: DeviceModel | undefined, now: number): Message {
  const twin = desiredTwins(device, model, now);
  const gone = Object.entries(desiredTwins(old, model, now)).filter(([name]) => !(name in twin));
  const version = { expected_version: versionOf(device) };
  const deleted = gone.map(([name, last]) => [name, { ...last, ...version, metadata: { type: 'deleted' } }] as const);
  const content = { event_id: randomUUID(), timestamp: now, twin: { ...twin, ...Object.fromEntries(deleted) } };
  return newMessage({ ...ROUTE, resource: deviceResource(deviceIdFor(device, dialect), 'twin/cloud_updated') }, content, { now });
}

function deviceIdFor({ metadata: { name, namespace = '' } }: Pick<Device, 'metadata'>, { deviceIds }: EdgeDialect): string {
  return deviceIds === 'plain' ? name : formatDeviceId({ namespace, name });
}

/** KubeEdge's twins up to 1.14: never optional, and the object's resourceVersion is the version that the cloud has reached. */
function desiredTwins(device: Pick<Device, 'metadata'>, model: DeviceModel | undefined, now: number): Record<string, MsgTwin> {
  const rules = model === undefined ? undefined : parseModelRules(model);
  const properties = parseDeviceSpec(device)?.properties ?? [];
  return Object.fromEntries(
    properties.map(({ name, desired, type }) => [
      name,
      {
        ...(desired !== undefined && { expected: { value: desired, metadata: { timestamp: now } }, expected_version: versionOf(device) }),
        optional: false,
        metadata: { type: type ?? twinTypeOf(rules?.get(name)?.type) ?? 'string' },
      },
    ]),
  );
}

function versionOf({ metadata }: Pick<Device, 'metadata'>): { cloud: number; edge: number } {
  return { cloud: Number(metadata.resourceVersion ?? 0), edge: 0 };
}
