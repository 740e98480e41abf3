import type { Frame } from './recording.ts';
import { idOf, operationOf, parentOf, resourceOf } from './wire.ts';
import type { WireMessage } from './wire.ts';

/** Which message answers which, by msg_id and parent_msg_id. */
export class Exchanges {
  readonly #byId: ReadonlyMap<string, Frame>;
  readonly #replies = new Map<Frame, Frame[]>();

  constructor(frames: readonly Frame[]) {
    this.#byId = new Map(frames.map((frame) => [idOf(frame.message), frame]));
    for (const frame of frames) {
      const parent = this.parentOf(frame);
      if (parent !== undefined) this.#replies.set(parent, [...(this.#replies.get(parent) ?? []), frame]);
    }
  }

  /** What this frame answers, if the recording holds it and the other side sent it. */
  parentOf(frame: Frame): Frame | undefined {
    const id = parentOf(frame.message);
    const parent = id === '' ? undefined : this.#byId.get(id);
    return parent?.direction === frame.direction ? undefined : parent;
  }

  repliesTo(frame: Frame): readonly Frame[] {
    return this.#replies.get(frame) ?? [];
  }

  /** What began the exchange that this frame is part of. */
  openerOf(frame: Frame): Frame {
    const parent = this.parentOf(frame);
    return parent === undefined ? frame : this.openerOf(parent);
  }
}

/** What an exchange is about, for people: `query node`, `update twin edge_updated`. */
export function groupOf(opener: WireMessage): string {
  const operation = operationOf(opener);
  const resource = resourceOf(opener);
  if (operation === 'keepalive') return 'keepalive';
  if (operation === 'upload') return 'upload';
  const device = /^device\/.+?\/(twin\/\w+|state\/update)$/.exec(resource)?.[1];
  if (device !== undefined) return `${operation} ${device}`;
  if (/^membership/.test(resource)) return `${operation} ${resource}`;
  return `${operation} ${resource.split('/')[1] ?? resource}`;
}
