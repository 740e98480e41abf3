import { randomUUID } from 'node:crypto';
import { isRecord } from '../protocol/message.ts';
import { Exchanges } from './exchanges.ts';
import { LiveValues } from './live-values.ts';
import type { Arrival } from './compare.ts';
import { declared, outOfScope, repeatsByClock } from './rules.ts';
import { subjectOf } from './subject.ts';
import type { Frame, Recording } from './recording.ts';
import { DIRECTION_OF, idOf, isEmpty, operationOf, parentOf, readWire, resourceOf } from './wire.ts';
import type { Side, WireMessage } from './wire.ts';

/**
 * The kit's part of one conversation: it sends the recorded messages of the other side, in this run's words, and answers what the side
 * under test sends as the recording has it.
 */
export class Conversation {
  readonly sent = new Map<number, WireMessage>();
  readonly received: Arrival[] = [];
  /** The recorded line that the replay has come to. */
  line = 0;
  /** The recorded connection that the present one stands for. */
  connection = 0;
  readonly #recording: Recording;
  readonly #side: Side;
  readonly #exchanges: Exchanges;
  readonly #live = new LiveValues();
  readonly #send: (message: WireMessage) => void;
  /** Recorded frames of the side under test that have come, and the message that came. */
  readonly #claimed = new Map<Frame, WireMessage>();
  readonly #again = new Set<string>();
  /** How far the registration of the Node and its lease has come, in recorded lines. */
  #registeredTo = 0;
  readonly #ids = new Map<string, Frame>();
  readonly #seen = new Map<string, WireMessage | undefined>();

  constructor(recording: Recording, side: Side, send: (message: WireMessage) => void) {
    this.#recording = recording;
    this.#side = side;
    this.#exchanges = new Exchanges(recording.frames);
    this.#send = send;
  }

  /** Sends what the other side was recorded to send, unless it is an answer: those go when what they answer has come. */
  play(frame: Frame): void {
    if (this.#exchanges.parentOf(frame) === undefined) this.#tell(frame, this.#live.translate(frame.message));
  }

  /** What an edge sends every 15 s; the recorded ones come faster than that, or not at all. */
  keepalive(): void {
    const recorded = this.#recording.frames.find(({ message }) => operationOf(message) === 'keepalive')?.message;
    if (recorded !== undefined) this.#send({ ...recorded, header: { ...recorded.header, msg_id: randomUUID() } });
  }

  has(frame: Frame): boolean {
    return this.#claimed.has(frame);
  }

  /** False for what is declared not to come, or is not compared. */
  isAwaited(frame: Frame): boolean {
    if (isEmpty(frame.message)) return false;
    const subject = subjectOf(this.#recording, this.#side, this.#exchanges, frame);
    const parent = this.#exchanges.parentOf(frame);
    if (parent !== undefined && !this.sent.has(parent.line)) return false;
    return (outOfScope(subject) ?? repeatsByClock(subject) ?? declared('missing', subject)) === undefined;
  }

  /** A message of the side under test, as text. What is no message is none that was recorded. */
  receive(text: string): void {
    const message = readWire(parse(text)) ?? { header: {}, route: {}, content: text };
    const known = this.#seen.get(idOf(message));
    if (idOf(message) !== '' && this.#seen.has(idOf(message))) {
      // It was sent again: the acknowledgement had not arrived yet.
      if (known !== undefined) this.#send(known);
      return;
    }
    // That an answer which was given again has come says nothing.
    if (parentOf(message) !== '' && this.#again.has(parentOf(message))) return;
    this.received.push({ message, after: this.line });
    const frame = this.#counterpart(message);
    if (frame !== undefined) {
      this.#claimed.set(frame, message);
      if (isRegistration(message)) this.#registeredTo = Math.max(this.#registeredTo, frame.line);
      this.#live.learn(frame.message, message);
    }
    this.#seen.set(idOf(message), this.#answer(message, frame));
  }

  #counterpart(message: WireMessage): Frame | undefined {
    const request = this.#requestOf(message);
    if (request !== undefined) return this.#exchanges.repliesTo(request).find((frame) => !this.#claimed.has(frame));
    const fits = (frame: Frame): boolean =>
      frame.direction === DIRECTION_OF[this.#side] &&
      !this.#claimed.has(frame) &&
      this.#exchanges.parentOf(frame) === undefined &&
      resourceOf(frame.message) === resourceOf(message);
    const all = this.#recording.frames.filter(fits);
    const ofObject = all.filter((frame) => uidIn(frame.message) === uidIn(message));
    const isOfNode = this.#side === 'edge' && isRegistration(message);
    const candidates = isOfNode ? this.#asOfNow(uidIn(message) === undefined ? all : ofObject) : all;
    const same = candidates.filter((frame) => operationOf(frame.message) === operationOf(message));
    const next = (frames: readonly Frame[]): Frame | undefined => frames.find((frame) => this.isAwaited(frame)) ?? frames[0];
    // An insert may come as an update; a deletion is never taken for one.
    return next(same) ?? next(candidates.filter((frame) => isDelete(frame.message) === isDelete(message)));
  }

  /** A question about the Node is answered as it was after what the edge has been told of it already: on this connection, or before. */
  #asOfNow(frames: readonly Frame[]): readonly Frame[] {
    const here = frames.filter(({ line, connection }) => line > this.#registeredTo && connection === this.connection);
    if (here.length > 0) return here;
    if (this.#nodeIsGone()) return frames.filter(({ connection }) => connection === this.connection).slice(0, 1);
    const before = frames.findLast(({ line }) => line <= Math.max(this.line, this.#registeredTo));
    return before === undefined ? frames : [before];
  }

  /** True when the present connection was opened after the Node was deleted: then all is as it was at the beginning. */
  #nodeIsGone(): boolean {
    const { marks, sockets } = this.#recording;
    const deletion = marks.find(({ text }) => /^node delete/.test(text));
    const opened = sockets.find(({ event, connection }) => event === 'open' && connection === this.connection);
    return deletion !== undefined && opened !== undefined && opened.ts > deletion.ts;
  }

  /** The recorded frame that the kit has sent and this message answers. */
  #requestOf(message: WireMessage): Frame | undefined {
    const parent = parentOf(message);
    return parent === '' ? undefined : this.#ids.get(parent);
  }

  /** As it was answered then; else, where the sender waits for that, with a plain acknowledgement. */
  #answer(message: WireMessage, frame: Frame | undefined): WireMessage | undefined {
    const reply = frame && this.#exchanges.repliesTo(frame)[0];
    if (reply !== undefined) {
      const { message: recorded } = reply;
      const answer = this.#live.translate({ ...recorded, header: { ...recorded.header, parent_msg_id: idOf(message) } });
      this.#tell(reply, answer);
      return answer;
    }
    if (frame !== undefined || this.#requestOf(message) !== undefined) return undefined;
    const repeated = this.#side === 'edge' ? this.#answerAgain(message) : undefined;
    if (repeated !== undefined) this.#send(repeated);
    if (repeated !== undefined || message.route['group'] !== (this.#side === 'edge' ? 'meta' : 'resource')) return repeated;
    const { source, group, resource } = message.route;
    const header = { msg_id: randomUUID(), parent_msg_id: idOf(message), timestamp: Date.now() };
    const from = this.#side === 'edge' ? { source: 'edgecontroller', group: 'resource' } : { source, group };
    const answer = { header, route: { ...from, resource, operation: 'response' }, content: 'OK' };
    this.#send(answer);
    return answer;
  }

  /** What is asked more often than it was recorded is answered as the last time. */
  #answerAgain(message: WireMessage): WireMessage | undefined {
    const asked = this.#recording.frames.filter(
      (frame) =>
        frame.direction === DIRECTION_OF[this.#side] &&
        resourceOf(frame.message) === resourceOf(message) &&
        operationOf(frame.message) === operationOf(message) &&
        frame.line <= Math.max(this.line, this.#registeredTo),
    );
    const replies = asked.flatMap((frame) => this.#exchanges.repliesTo(frame).slice(0, 1));
    const reply = isRegistration(message) && this.#nodeIsGone() ? replies[0] : replies.at(-1);
    if (reply === undefined) return undefined;
    const id = randomUUID();
    this.#again.add(id);
    const { header } = reply.message;
    return this.#live.translate({ ...reply.message, header: { ...header, msg_id: id, parent_msg_id: idOf(message) } });
  }

  #tell(frame: Frame, message: WireMessage): void {
    this.sent.set(frame.line, message);
    this.#ids.set(idOf(message), frame);
    this.#send(message);
  }
}

function isRegistration(message: WireMessage): boolean {
  return /\/(node|nodepatch|lease)\//.test(resourceOf(message));
}

/** Of the object in the content. */
function uidIn({ content }: WireMessage): unknown {
  return isRecord(content) && isRecord(content['metadata']) ? content['metadata']['uid'] : undefined;
}

function isDelete(message: WireMessage): boolean {
  return operationOf(message) === 'delete';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
