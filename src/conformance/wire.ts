import { isRecord } from '../protocol/message.ts';

/** Who sends: the names that recordings have for the two directions. */
export type Direction = 'edge->cloud' | 'cloud->edge';

/** The side of kedge that is under test; the kit plays the other one. */
export type Side = 'cloud' | 'edge';

/** What the side under test sends. */
export const DIRECTION_OF: Readonly<Record<Side, Direction>> = { cloud: 'cloud->edge', edge: 'edge->cloud' };

/** A message as it was on the wire, with whatever keys it had: what nobody should send must show, too. */
export interface WireMessage {
  readonly header: Readonly<Record<string, unknown>>;
  readonly route: Readonly<Record<string, unknown>>;
  readonly content: unknown;
}

/** Reads a frame or a recorded message; undefined when it has not the three parts. */
export function readWire(value: unknown): WireMessage | undefined {
  if (!isRecord(value)) return undefined;
  const { header, route = {}, content = null, ...rest } = value;
  if (!isRecord(header) || !isRecord(route)) return undefined;
  return { ...rest, header, route, content };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export const idOf = ({ header }: WireMessage): string => text(header['msg_id']);
export const parentOf = ({ header }: WireMessage): string => text(header['parent_msg_id']);
export const operationOf = ({ route }: WireMessage): string => text(route['operation']);
export const resourceOf = ({ route }: WireMessage): string => text(route['resource']);

/** KubeEdge's last frame before it closes: without an id, an operation or a content. It says nothing and is answered by nothing. */
export function isEmpty(message: WireMessage): boolean {
  return idOf(message) === '' && operationOf(message) === '';
}
