import { differencesOf } from './differences.ts';
import type { Difference } from './differences.ts';
import { DECLARED } from './declared.ts';
import type { Declared } from './declaration.ts';
import type { Subject } from './subject.ts';
import { DIRECTION_OF, operationOf, resourceOf } from './wire.ts';
import type { Side } from './wire.ts';

interface Scope {
  readonly side: Side;
  readonly group: RegExp;
  readonly reason: string;
}

const OUT_OF_SCOPE: readonly Scope[] = [
  { side: 'edge', group: /^(patch podpatch|query serviceaccounttoken)$/, reason: 'this edge runs no containers yet' },
];

/** Why this is not compared; undefined when it is. */
export function outOfScope({ side, group }: Subject): string | undefined {
  return OUT_OF_SCOPE.find((scope) => scope.side === side && scope.group.test(group))?.reason;
}

/** What comes again by the clock. The first of a connection is compared; the replay waits for no more of them, and wants no number. */
const BY_THE_CLOCK = /^(keepalive|update lease|patch nodepatch)$/;
const CLOCK_REASON = 'what comes again by the clock is not waited for';

/** Why no such message needs to come, or may come again: the same was sent on this connection before. */
export function repeatsByClock(subject: Subject): string | undefined {
  const { side, group, frame, recording, message } = subject;
  if (side !== 'edge' || !BY_THE_CLOCK.test(group)) return undefined;
  if (frame === undefined) return isLike(subject) ? CLOCK_REASON : undefined;
  const before = recording?.frames.some(
    (other) =>
      other.line < frame.line &&
      other.connection === frame.connection &&
      resourceOf(other.message) === resourceOf(message) &&
      (operationOf(other.message) === operationOf(message) || operationOf(other.message) === 'insert'),
  );
  return before === true ? CLOCK_REASON : undefined;
}

/** Why kedge does otherwise on purpose; undefined when it should not. */
export function declared(what: Declared['what'], subject: Subject, difference?: Difference): string | undefined {
  const fits = (rule: Declared): boolean =>
    rule.what === what &&
    rule.side === subject.side &&
    rule.group.test(subject.group) &&
    (rule.path === undefined || rule.path.test(difference?.path ?? '')) &&
    (rule.isLikeRecorded !== true || isLike(subject)) &&
    (rule.when === undefined || rule.when(subject, difference));
  return DECLARED.find(fits)?.reason;
}

/** True when this side was recorded to send the same about the same thing, but for declared fields. */
function isLike(subject: Subject): boolean {
  const { recording, side, message } = subject;
  const alike = (recording?.frames ?? []).filter(
    (frame) =>
      frame.direction === DIRECTION_OF[side] &&
      operationOf(frame.message) === operationOf(message) &&
      resourceOf(frame.message) === resourceOf(message),
  );
  return alike.some((frame) =>
    differencesOf(frame.message, message).every((difference) => declared('field', { ...subject, frame }, difference) !== undefined),
  );
}

/** The reasons for these differences, each once. */
export function declaredFields(subject: Subject, differences: readonly Difference[]): string[] {
  return [...new Set(differences.map((difference) => declared('field', subject, difference) ?? ''))];
}
