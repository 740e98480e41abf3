import { isAnswerTopic } from '../protocol/topics.ts';
import type { Frame, HttpExchange, Mark, MqttRecord, Recording, SocketEvent } from './recording.ts';

/** Seconds by which what an application published was noted later than what the edge made of it. */
const RECORDER_LAG = 0.0105;

/** One thing that was recorded, whatever file it stands in. */
export type TimelineEvent =
  | { readonly kind: 'frame'; readonly ts: number; readonly frame: Frame }
  | { readonly kind: 'socket'; readonly ts: number; readonly socket: SocketEvent }
  | { readonly kind: 'https'; readonly ts: number; readonly exchange: HttpExchange }
  | { readonly kind: 'mqtt'; readonly ts: number; readonly record: MqttRecord }
  | { readonly kind: 'mark'; readonly ts: number; readonly mark: Mark };

/** All files of a recording in the order of time; of one file, in the order of its lines. */
export function timelineOf({ frames, sockets, https, mqtt, marks }: Recording): TimelineEvent[] {
  const events: TimelineEvent[] = [
    ...marks.map((mark) => ({ kind: 'mark' as const, ts: mark.ts, mark })),
    ...https.map((exchange) => ({ kind: 'https' as const, ts: exchange.ts, exchange })),
    ...[
      ...sockets.map((socket) => ({ kind: 'socket' as const, ts: socket.ts, socket })),
      ...frames.map((frame) => ({ kind: 'frame' as const, ts: frame.ts, frame })),
    ].sort((a, b) => lineOf(a) - lineOf(b)),
    ...mqtt.map((record) => ({ kind: 'mqtt' as const, ts: isAnswerTopic(record.topic) ? record.ts : record.ts - RECORDER_LAG, record })),
  ];
  return events.sort((a, b) => a.ts - b.ts);
}

function lineOf(event: { kind: 'socket'; socket: SocketEvent } | { kind: 'frame'; frame: Frame }): number {
  return event.kind === 'socket' ? event.socket.line : event.frame.line;
}
