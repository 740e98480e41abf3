import { DECLARED_CLOUD } from './declared-cloud.ts';
import { DECLARED_EDGE } from './declared-edge.ts';
import type { Declared } from './declaration.ts';

/** The differences that kedge has on purpose; docs/differences.md tells them, too. */
export const DECLARED: readonly Declared[] = [...DECLARED_CLOUD, ...DECLARED_EDGE];
