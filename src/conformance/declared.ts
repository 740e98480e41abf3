import { DECLARED_CLOUD } from './declared-cloud.ts';
import { DECLARED_EDGE } from './declared-edge.ts';
import type { Difference } from './differences.ts';
import type { Subject } from './rules.ts';
import type { Side } from './wire.ts';

/** One difference that kedge has on purpose. */
export interface Declared {
  /** A message that does not come, one that was not recorded, or a field. */
  readonly what: 'missing' | 'unexpected' | 'field';
  readonly side: Side;
  readonly group: RegExp;
  /** Of a field. */
  readonly path?: RegExp;
  readonly when?: (subject: Subject, difference?: Difference) => boolean;
  readonly reason: string;
}

/** The differences that kedge has on purpose; docs/differences.md tells them, too. */
export const DECLARED: readonly Declared[] = [...DECLARED_CLOUD, ...DECLARED_EDGE];
