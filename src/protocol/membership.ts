import * as v from 'valibot';
import { isRecord } from './message.ts';
import { parseDeviceId } from './topics.ts';
import type { BaseMessage, MsgTwin } from './twin.ts';

/** One device among `membership` messages (KubeEdge reference, device messages). Twins come from clouds up to 1.14 only. */
export interface EdgeDevice {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly state?: string;
  readonly lastOnlineTime?: string;
  readonly twin?: Readonly<Record<string, MsgTwin>>;
}

/** `$hw/events/node/N/membership/get/result`. */
export interface MembershipList extends BaseMessage {
  readonly devices: readonly EdgeDevice[];
}

/** `$hw/events/node/N/membership/updated`: one device a message. */
export interface MembershipUpdated extends BaseMessage {
  readonly added_devices: readonly EdgeDevice[] | null;
  readonly removed_devices: readonly EdgeDevice[] | null;
}

const edgeDevice = v.object({
  id: v.pipe(
    v.string(),
    v.maxLength(512),
    v.check((id) => parseDeviceId(id) !== undefined, 'not a device ID'),
  ),
  description: v.nullish(v.pipe(v.string(), v.maxLength(4096))),
  twin: v.nullish(v.custom<Record<string, unknown>>(isRecord)),
});
const devices = v.optional(v.nullable(v.pipe(v.array(edgeDevice), v.maxLength(100_000))), null);
const membershipUpdate = v.object({ event_id: v.optional(v.string(), ''), added_devices: devices, removed_devices: devices });

export type AddedDevice = v.InferOutput<typeof edgeDevice>;

/** What a cloud's MembershipUpdate adds to and removes from this node; undefined if it cannot be read. */
export function parseMembershipUpdate(
  content: unknown,
): { eventId: string; added: readonly AddedDevice[]; removed: readonly AddedDevice[] } | undefined {
  const parsed = v.safeParse(membershipUpdate, content);
  if (!parsed.success) return undefined;
  const { event_id: eventId, added_devices: added, removed_devices: removed } = parsed.output;
  return { eventId, added: added ?? [], removed: removed ?? [] };
}
