import { jsonType } from './go-format.ts';
import { checkDepth, getOwn, isObject, setOwn, type JsonObject } from './json.ts';
import { jsonPatchApply } from './json-patch.ts';
import { PatchError } from './patch-error.ts';
import type { SchemaNode } from './schema-node.ts';
import { strategicMerge } from './strategic-merge.ts';

export { PatchError } from './patch-error.ts';

/** application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json. */
export type PatchKind = 'json' | 'merge' | 'strategic';

/**
 * Applies a patch and returns the new object; `current` and `patch` are not changed, though the result may share parts with them.
 * `schema` is needed for strategic merge patches alone, and custom resources have none of these.
 * Throws PatchError with the HTTP code to answer.
 */
export function applyPatch(kind: PatchKind, current: unknown, patch: unknown, schema?: SchemaNode): unknown {
  if (!checkDepth(patch)) throw new PatchError(400, 'exceeded max depth');
  if (kind === 'json') return shallow(jsonPatchApply(current, patch));
  if (!isObject(patch)) {
    throw new PatchError(400, `json: cannot unmarshal ${jsonType(patch)} into Go value of type map[string]interface {}`);
  }
  if (kind === 'merge') return mergePatch(current, patch);
  if (schema === undefined) throw new PatchError(400, 'strategic merge patch format is not supported');
  return strategicMerge(isObject(current) ? current : {}, patch, schema);
}

/** RFC 7386. */
function mergePatch(current: unknown, patch: JsonObject): JsonObject {
  const result: JsonObject = isObject(current) ? { ...current } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else setOwn(result, key, isObject(value) ? mergePatch(getOwn(result, key), value) : value);
  }
  return result;
}

/** Operations may copy a document into itself. */
function shallow(patched: unknown): unknown {
  if (!checkDepth(patched)) throw new PatchError(422, 'exceeded max depth');
  return patched;
}
