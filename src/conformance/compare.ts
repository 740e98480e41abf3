import { align } from './align.ts';
import { Uids, differencesOf } from './differences.ts';
import type { Difference } from './differences.ts';
import { Exchanges, groupOf } from './exchanges.ts';
import { declared, declaredFields, outOfScope, repeatsByClock } from './rules.ts';
import type { Subject } from './subject.ts';
import { subjectOf } from './subject.ts';
import type { Frame, Recording } from './recording.ts';
import type { Verdict } from './report.ts';
import { DIRECTION_OF, idOf, isEmpty, operationOf, parentOf, resourceOf } from './wire.ts';
import type { Side, WireMessage } from './wire.ts';

/** What happened on the websocket in a run. */
export interface HubTranscript {
  /** What the kit sent for a recorded frame, by the line of that frame. */
  readonly sent: ReadonlyMap<number, WireMessage>;
  /** Everything that the side under test sent, in its order. */
  readonly received: readonly Arrival[];
}

export interface Arrival {
  readonly message: WireMessage;
  /** The line in `ws.jsonl` that the replay had come to. */
  readonly after: number;
}

/**
 * Holds what the side under test sent against what was recorded of that side. An answer belongs to the request that it names as its
 * parent; what begins an exchange is compared in order with what was recorded about the same resource. Pure.
 */
export function compareHub(recording: Recording, side: Side, transcript: HubTranscript): Verdict[] {
  return new HubComparison(recording, side, transcript).verdicts();
}

interface Pairing {
  readonly frame: Frame;
  readonly got: WireMessage | undefined;
}

/** Of two equal questions the side under test has asked the other one. */
const NOT_ASKED = { outcome: 'out of scope', reason: 'what it answers was not sent in this run' } as const;

class HubComparison {
  readonly #recording: Recording;
  readonly #side: Side;
  readonly #transcript: HubTranscript;
  readonly #exchanges: Exchanges;
  readonly #uids: Uids;
  readonly #left: Set<WireMessage>;

  constructor(recording: Recording, side: Side, transcript: HubTranscript) {
    this.#recording = recording;
    this.#side = side;
    this.#transcript = transcript;
    this.#uids = new Uids(side === 'edge');
    this.#exchanges = new Exchanges(recording.frames);
    this.#left = new Set(transcript.received.map(({ message }) => message).filter((message) => !isEmpty(message)));
  }

  verdicts(): Verdict[] {
    const expected = this.#recording.frames.filter(({ direction, message }) => direction === DIRECTION_OF[this.#side] && !isEmpty(message));
    const replies = expected.filter((frame) => this.#exchanges.parentOf(frame) !== undefined);
    const openers = expected.filter((frame) => this.#exchanges.parentOf(frame) === undefined);
    const pairings = [...replies.map((frame) => this.#reply(frame)), ...this.#pairOpeners(openers)];
    const byFrame = new Map<Frame, Verdict>();
    for (const pairing of pairings.sort((a, b) => a.frame.line - b.frame.line)) byFrame.set(pairing.frame, this.#judge(pairing, byFrame));
    return [...byFrame.values(), ...this.#surplus()];
  }

  #reply(frame: Frame): Pairing {
    const parent = this.#exchanges.parentOf(frame);
    const request = parent && this.#transcript.sent.get(parent.line);
    const got = request && [...this.#left].find((message) => parentOf(message) === idOf(request));
    if (got !== undefined) this.#left.delete(got);
    return { frame, got };
  }

  /** What begins an exchange names no parent that the kit has sent. */
  #pairOpeners(openers: readonly Frame[]): Pairing[] {
    const ids = new Set([...this.#transcript.sent.values()].map(idOf).filter((id) => id !== ''));
    const live = [...this.#left].filter((message) => !ids.has(parentOf(message)));
    const keys = new Set(openers.map(({ message }) => resourceOf(message)));
    return [...keys].flatMap((key) => {
      const own = openers.filter(({ message }) => resourceOf(message) === key);
      const candidates = live.filter((message) => resourceOf(message) === key);
      const pairs = align(own, candidates, {
        pair: (frame, message) => this.#cost(frame, message),
        missing: (frame) => (this.#excused(frame) === undefined ? 4 : 0.5),
        surplus: (message) => (this.#isWelcome(message) ? 0.5 : 4),
      });
      for (const { right } of pairs) if (right !== undefined) this.#left.delete(right);
      return pairs.map(({ left, right }) => ({ frame: left, got: right }));
    });
  }

  #cost(frame: Frame, message: WireMessage): number {
    const differences = differencesOf(frame.message, message, new Uids(this.#side === 'edge'));
    if (differences.length === 0) return 0;
    if (this.#undeclared(frame, differences).length === 0) return 0.2;
    return 1 + (operationOf(frame.message) === operationOf(message) ? 0 : 5) + Math.min(1, differences.length / 100);
  }

  #judge({ frame, got }: Pairing, before: ReadonlyMap<Frame, Verdict>): Verdict {
    const about = {
      at: `ws.jsonl:${frame.line}`,
      group: groupOf(this.#exchanges.openerOf(frame).message),
      what: `${operationOf(frame.message)} ${resourceOf(frame.message)}`,
    };
    const subject = this.#subjectOf(frame);
    const scope = outOfScope(subject);
    if (scope !== undefined) return { ...about, outcome: 'out of scope', reason: scope };
    if (got === undefined) return { ...about, ...this.#absent(frame, before) };
    const differences = differencesOf(frame.message, got, this.#uids);
    if (differences.length === 0) return { ...about, outcome: 'passed' };
    const undeclared = this.#undeclared(frame, differences);
    if (undeclared.length > 0) return { ...about, outcome: 'different', differences: undeclared };
    return { ...about, outcome: 'on purpose', differences, reason: declaredFields(subject, differences).join('; ') };
  }

  /** An answer to what was never asked has no fault of its own. */
  #absent(frame: Frame, before: ReadonlyMap<Frame, Verdict>): Pick<Verdict, 'outcome' | 'reason'> {
    const subject = this.#subjectOf(frame);
    const repeats = repeatsByClock(subject);
    if (repeats !== undefined) return { outcome: 'out of scope', reason: repeats };
    const reason = declared('missing', subject);
    if (reason !== undefined) return { outcome: 'on purpose', reason };
    const asked = this.#exchanges.parentOf(frame);
    const opener = before.get(this.#exchanges.openerOf(frame));
    if (asked !== undefined && !this.#transcript.sent.has(asked.line)) {
      const { outcome, reason: why } = opener?.reason === undefined ? NOT_ASKED : { ...opener, reason: opener.reason };
      return { outcome, reason: why };
    }
    return { outcome: 'missing' };
  }

  #excused(frame: Frame): string | undefined {
    const subject = this.#subjectOf(frame);
    return repeatsByClock(subject) ?? declared('missing', subject);
  }

  #undeclared(frame: Frame, differences: readonly Difference[]): Difference[] {
    const subject = this.#subjectOf(frame);
    return differences.filter((difference) => declared('field', subject, difference) === undefined);
  }

  #subjectOf(frame: Frame): Subject {
    return subjectOf(this.#recording, this.#side, this.#exchanges, frame);
  }

  #subject(message: WireMessage, opener: WireMessage = message): Subject {
    const { version } = this.#recording;
    return { side: this.#side, version, group: groupOf(opener), message, isReply: opener !== message };
  }

  #isWelcome(message: WireMessage): boolean {
    const subject = this.#surplusSubject(message);
    return (repeatsByClock(subject) ?? declared('unexpected', subject)) !== undefined;
  }

  #surplusSubject(message: WireMessage, opener?: WireMessage): Subject {
    const after = this.#transcript.received.find((arrival) => arrival.message === message)?.after ?? 0;
    return { ...this.#subject(message, opener), after, recording: this.#recording };
  }

  #surplus(): Verdict[] {
    const requests = new Map(
      [...this.#transcript.sent.values()].filter((message) => !isEmpty(message)).map((message) => [idOf(message), message]),
    );
    return [...this.#left].map((message) => {
      const subject = this.#surplusSubject(message, requests.get(parentOf(message)));
      const about = {
        at: `after ws.jsonl:${subject.after ?? 0}`,
        group: subject.group,
        what: `${operationOf(message)} ${resourceOf(message)}`,
      };
      const scope = outOfScope(subject) ?? repeatsByClock(subject);
      if (scope !== undefined) return { ...about, outcome: 'out of scope', reason: scope };
      const reason = declared('unexpected', subject);
      if (reason !== undefined) return { ...about, outcome: 'on purpose', reason };
      return { ...about, outcome: 'unexpected', differences: [{ path: '', got: message }] };
    });
  }
}
