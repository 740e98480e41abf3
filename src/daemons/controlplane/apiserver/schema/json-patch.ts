import jsonPatch, { type Operation } from 'fast-json-patch';
import { jsonType } from './go-format.ts';
import { isObject } from './json.ts';
import { PatchError } from './patch-error.ts';

const MAX_OPERATIONS = 10_000;
const MAX_COPIED_CHARACTERS = 3 * 1024 * 1024;
const REFUSED = 'the server rejected our request due to an error in our request';

/** RFC 6902. `current` is not changed. A failed test, or a path that leads nowhere, is a PatchError 422. */
export function jsonPatchApply(current: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw new PatchError(400, `json: cannot unmarshal ${jsonType(patch)} into Go value of type jsonpatch.Patch`);
  if (patch.length > MAX_OPERATIONS) {
    const text = `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`;
    throw new PatchError(413, `Request entity too large: ${text}`);
  }
  let document: unknown = structuredClone(current);
  let copied = 0;
  for (const operation of patch as unknown[]) {
    if (!isObject(operation))
      throw new PatchError(400, `json: cannot unmarshal ${jsonType(operation)} into Go value of type jsonpatch.Operation`);
    copied += copiedCharacters(document, operation);
    if (copied > MAX_COPIED_CHARACTERS) {
      throw new PatchError(
        422,
        `Unable to complete the copy, the accumulated size increase of copy is ${copied}, exceeding the limit ${MAX_COPIED_CHARACTERS}`,
      );
    }
    document = applyOne(document, operation as unknown as Operation);
  }
  return document;
}

function applyOne(document: unknown, operation: Operation): unknown {
  try {
    // Values are cloned: a later operation must not change the patch, nor a part of the document that holds the same value.
    const own = 'value' in operation ? { ...operation, value: structuredClone(operation.value) as unknown } : operation;
    return jsonPatch.applyOperation(document, own as Operation, true, true, true).newDocument;
  } catch (error) {
    throw new PatchError(422, REFUSED, { cause: error });
  }
}

/** Repeated copies may double a document with every operation. */
function copiedCharacters(document: unknown, operation: Record<string, unknown>): number {
  if (operation['op'] !== 'copy' || typeof operation['from'] !== 'string') return 0;
  try {
    const value: unknown = jsonPatch.getValueByPointer(document, operation['from']);
    return value === undefined ? 0 : JSON.stringify(value).length;
  } catch {
    return 0;
  }
}
