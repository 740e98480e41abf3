import type { Transcript } from '../../src/conformance/compare-all.ts';
import type { Frame, HttpExchange, Recording } from '../../src/conformance/recording.ts';
import { operationOf, resourceOf } from '../../src/conformance/wire.ts';

/** One field of a recording that is changed. */
export interface Mutation {
  readonly version: string;
  /** `OPERATION RESOURCE` of a frame, `METHOD PATH` of an exchange at the enrolment port, or `mqtt TOPIC`; the first that fits, or the one with this index. */
  readonly at: string;
  readonly index?: number;
  readonly direction?: 'edge->cloud' | 'cloud->edge';
  /** Keys and indexes from the message down, from the answer of the exchange, or from the payload. */
  readonly path: readonly (string | number)[];
  /** Absent: the field is taken away. */
  readonly to?: unknown;
}

/** The run as it would be if the side under test had sent this one field otherwise. @throws Error when there is no such field */
export function withFault(transcript: Transcript, { at, index = 0, path, to }: Mutation): Transcript {
  if (at.startsWith('mqtt ')) {
    const record = nth(transcript.published, index, ({ topic }) => `mqtt ${topic}` === at, at);
    const payload = JSON.stringify(withField(JSON.parse(record.payload) as unknown, path, to));
    return { ...transcript, published: transcript.published.map((other) => (other === record ? { ...record, payload } : other)) };
  }
  const { received } = transcript.hub;
  const arrival = nth(received, index, ({ message }) => `${operationOf(message)} ${resourceOf(message)}` === at, at);
  const { content } = arrival.message;
  // Patches are JSON in a string.
  const message =
    typeof content === 'string' && path[0] === 'content' && path.length > 1
      ? { ...arrival.message, content: JSON.stringify(withField(JSON.parse(content) as unknown, path.slice(1), to)) }
      : withField(arrival.message, path, to);
  const changed = received.map((other) => (other === arrival ? { ...arrival, message } : other));
  return { ...transcript, hub: { ...transcript.hub, received: changed } };
}

/** The recording with this one field changed. @throws Error when there is no such field */
export function mutate(recording: Recording, mutation: Mutation): Recording {
  const { at, index = 0, path, to, direction } = mutation;
  if (/^(GET|POST) /.test(at)) {
    const exchange = nth(recording.https, index, ({ method, path: url }: HttpExchange) => `${method} ${url}` === at, at);
    const changed = { ...exchange, answer: withField(exchange.answer, path, to) };
    return { ...recording, https: recording.https.map((other) => (other === exchange ? changed : other)) };
  }
  if (at.startsWith('mqtt ')) {
    const record = nth(recording.mqtt, index, ({ topic }) => `mqtt ${topic}` === at, at);
    const payload = JSON.stringify(withField(JSON.parse(record.payload) as unknown, path, to));
    return { ...recording, mqtt: recording.mqtt.map((other) => (other === record ? { ...record, payload } : other)) };
  }
  const fits = (frame: Frame): boolean =>
    `${operationOf(frame.message)} ${resourceOf(frame.message)}` === at && (direction === undefined || frame.direction === direction);
  const frame = nth(recording.frames, index, fits, at);
  const changed = { ...frame, message: withField(frame.message, path, to) };
  return { ...recording, frames: recording.frames.map((other) => (other === frame ? changed : other)) };
}

function nth<T>(all: readonly T[], index: number, fits: (item: T) => boolean, what: string): T {
  const item = all.filter(fits)[index];
  if (item === undefined) throw new Error(`the recording has no ${what} (${index})`);
  return item;
}

function withField<T>(root: T, path: readonly (string | number)[], to: unknown): T {
  const copy = structuredClone(root);
  let at: unknown = copy;
  for (const key of path.slice(0, -1)) at = (at as Record<string, unknown>)[key];
  const parent = at as Record<string, unknown>;
  const last = String(path.at(-1));
  if (!(last in parent)) throw new Error(`there is no field ${path.join('.')}`);
  if (to === undefined) Reflect.deleteProperty(parent, last);
  else parent[last] = to;
  return copy;
}
