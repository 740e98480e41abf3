import { groupOf } from './exchanges.ts';
import type { Exchanges } from './exchanges.ts';
import type { Frame, Recording } from './recording.ts';
import type { Side, WireMessage } from './wire.ts';

/** What a rule is asked about. */
export interface Subject {
  readonly side: Side;
  /** Of the recording. */
  readonly version: string;
  readonly group: string;
  readonly message: WireMessage;
  /** False for what begins an exchange. */
  readonly isReply: boolean;
  /** Where it was recorded; absent for what came unexpectedly. */
  readonly frame?: Frame;
  /** Of what came unexpectedly: the line that the replay had come to. */
  readonly after?: number;
  readonly recording?: Recording;
  /** Of what was recorded at the broker. */
  readonly ts?: number;
}

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
