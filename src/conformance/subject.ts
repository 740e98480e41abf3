import { groupOf } from './exchanges.ts';
import type { Exchanges } from './exchanges.ts';
import type { Frame, Recording } from './recording.ts';
import type { Subject } from './rules.ts';
import type { Side } from './wire.ts';

/** A recorded frame as the rules are asked about it. */
export function subjectOf(recording: Recording, side: Side, exchanges: Exchanges, frame: Frame): Subject {
  const opener = exchanges.openerOf(frame);
  return {
    side,
    version: recording.version,
    group: groupOf(opener.message),
    message: frame.message,
    isReply: opener !== frame,
    frame,
    recording,
  };
}
