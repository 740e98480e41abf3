import type { EdgeDevice } from '../../../protocol/membership.ts';
import type { StateResult } from '../../../protocol/twin.ts';
import type { DeviceRow } from '../../../store/devices.ts';

/** A device in membership messages, without twins. */
export function edgeDevice({ id, name, description, state, lastOnline }: DeviceRow): EdgeDevice {
  return {
    id,
    name,
    ...(description === '' ? {} : { description }),
    ...(state === '' ? {} : { state }),
    ...(lastOnline === '' ? {} : { lastOnlineTime: lastOnline }),
  };
}

/** `state/update/result`, and what the cloud is told of a state. */
export function stateResult({ name, state, lastOnline }: DeviceRow, eventId: string, now: number): StateResult {
  const device = { name, state, ...(lastOnline === '' ? {} : { lastOnlineTime: lastOnline }) };
  return { event_id: eventId, timestamp: now, device };
}
