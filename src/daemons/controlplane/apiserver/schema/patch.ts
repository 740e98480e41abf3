import type { SchemaNode } from './schema-node.ts';
import { PatchError } from './patch-error.ts';

export type PatchKind = 'json' | 'merge' | 'strategic';

/**
 * Applies a patch and returns the new object; `current` is not changed. `schema` is needed for strategic merge patches alone.
 * Throws PatchError with the HTTP code to answer.
 */
export function applyPatch(kind: PatchKind, current: unknown, patch: unknown, schema: SchemaNode | undefined): unknown {
  throw new PatchError(400, `not yet: ${kind} ${String(current)} ${String(patch)} ${String(schema)}`);
}
