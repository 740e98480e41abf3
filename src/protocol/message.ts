import { randomUUID } from 'node:crypto';
import { parseJson, TooDeep } from './json.ts';

/**
 * KubeEdge's message: one JSON document per websocket TEXT frame (reference: KubeEdge beehive `model.Message`).
 * `content` is always present; a JSON string in it is taken as the bytes themselves, never decoded from base64.
 */
export interface Message {
  readonly header: {
    readonly msg_id: string;
    /** The id of the message that this one answers or acknowledges. */
    readonly parent_msg_id?: string;
    /** Milliseconds since the epoch. */
    readonly timestamp: number;
    /** Decimal Kubernetes resourceVersion of the object in `content`. */
    readonly resourceversion?: string;
    readonly sync?: boolean;
    readonly type?: string;
  };
  readonly route: {
    readonly source?: string;
    readonly destination?: string;
    readonly group?: string;
    readonly operation?: string;
    readonly resource?: string;
  };
  readonly content: unknown;
}

export interface Route {
  readonly source: string;
  readonly group: string;
  readonly operation: string;
  readonly resource: string;
}

/** A fresh message with its own id. */
export function newMessage(
  route: Route,
  content: unknown,
  options: { parentId?: string; resourceVersion?: string; now?: number; id?: string } = {},
): Message {
  return {
    header: {
      msg_id: options.id ?? randomUUID(),
      ...(options.parentId === undefined ? {} : { parent_msg_id: options.parentId }),
      timestamp: options.now ?? Date.now(),
      ...(options.resourceVersion === undefined ? {} : { resourceversion: options.resourceVersion }),
    },
    route,
    content,
  };
}

/** KubeEdge's reply helper: parent = the request's id, source, group and resource copied, operation `response`. */
export function replyTo(request: Message, content: unknown, route: Partial<Route> = {}): Message {
  const { source = '', group = '', resource = '' } = request.route;
  return newMessage({ source, group, resource, operation: 'response', ...route }, content, {
    parentId: request.header.msg_id,
  });
}

/** KubeEdge's error helper: operation `error`, the text as content. */
export function errorReply(request: Message, text: string): Message {
  return replyTo(request, text, { operation: 'error' });
}

/** The frame's text; like Go's encoder it ends in a newline. */
export function encodeMessage(message: Message): string {
  return `${JSON.stringify(message)}\n`;
}

/** Characters in one of the texts of a header or a route. */
export const MAX_TEXT = 4_096;

export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

/**
 * Reads one frame. Unknown keys are kept out, wrong types are refused.
 * @throws MalformedMessage naming the part that is wrong
 */
export function decodeMessage(text: string): Message {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new MalformedMessage(error instanceof TooDeep ? error.message : 'not JSON', { cause: error });
  }
  if (!isRecord(value)) throw new MalformedMessage('not an object');
  const header = value['header'];
  const route = value['route'] ?? {};
  if (!isRecord(header) || !isRecord(route)) throw new MalformedMessage('header or route is not an object');
  const { msg_id, timestamp, sync } = header;
  if (typeof msg_id !== 'string' || msg_id.length > 256) throw new MalformedMessage('header.msg_id is not a short string');
  if (timestamp !== undefined && !Number.isFinite(timestamp)) throw new MalformedMessage('header.timestamp is not a number');
  return {
    header: {
      msg_id,
      ...strings(header, 'header', ['parent_msg_id'] as const),
      timestamp: typeof timestamp === 'number' ? timestamp : 0,
      ...strings(header, 'header', ['resourceversion', 'type'] as const),
      ...(typeof sync === 'boolean' ? { sync } : {}),
    },
    route: strings(route, 'route', ['source', 'destination', 'group', 'operation', 'resource'] as const),
    content: value['content'] ?? null,
  };
}

function strings<K extends string>(from: Record<string, unknown>, at: string, keys: readonly K[]): Partial<Record<K, string>> {
  const found: Partial<Record<K, string>> = {};
  for (const key of keys) {
    const value = from[key];
    if (value === undefined) continue;
    if (typeof value !== 'string' || value.length > MAX_TEXT) throw new MalformedMessage(`${at}.${key} is not a short string`);
    found[key] = value;
  }
  return found;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The content as an object, whether it travelled as an object or as JSON in a string; undefined if it is neither. */
export function contentObject(message: Message): Record<string, unknown> | undefined {
  const { content } = message;
  if (typeof content !== 'string') return isRecord(content) ? content : undefined;
  try {
    const parsed = parseJson(content);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
