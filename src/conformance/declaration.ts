import type { Difference } from './differences.ts';
import type { Subject } from './subject.ts';
import type { Side } from './wire.ts';

/** One difference that kedge has on purpose. */
export interface Declared {
  /** A message that does not come, one that was not recorded, or a field. */
  readonly what: 'missing' | 'unexpected' | 'field';
  readonly side: Side;
  readonly group: RegExp;
  /** Of a field. */
  readonly path?: RegExp;
  /** Of what was not recorded: it is like a recorded message with the same operation and resource, but for declared fields. */
  readonly isLikeRecorded?: boolean;
  readonly when?: (subject: Subject, difference?: Difference) => boolean;
  readonly reason: string;
}
