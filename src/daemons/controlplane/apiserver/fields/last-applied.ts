import { getOwn, isObject, type JsonObject } from '../schema/json.ts';
import { compare } from './compare.ts';
import { ApplyConflict } from './conflict.ts';
import { difference, isEmpty, union, EMPTY_SET, type FieldSet } from './field-set.ts';
import { toFieldSet } from './to-field-set.ts';
import type { Versions } from './versions.ts';
import { typeErrors } from './typed-validation.ts';

/** Where `kubectl apply` on the client's side notes what it applied. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** The field manager that goes on with that. */
export const KUBECTL = 'kubectl';

/**
 * What is left of a conflict when the fields are taken out that the same user applied with kubectl on the client's side; undefined when
 * nothing is.
 */
export function conflictBeyondLastApplied(versions: Versions, live: unknown, { conflicts }: ApplyConflict): ApplyConflict | undefined {
  const allowed = lastAppliedFields(versions, live);
  const left = conflicts
    .map(({ manager, fields }) => ({ manager, fields: difference(fields, allowed) }))
    .filter(({ fields }) => !isEmpty(fields));
  return left.length === 0 ? undefined : new ApplyConflict(left);
}

/** The fields of the annotation that the live object still has as they were applied. */
function lastAppliedFields(versions: Versions, live: unknown): FieldSet {
  const config = parse(lastApplied(live));
  if (!isObject(config) || config['apiVersion'] !== versions.apiVersion) return EMPTY_SET;
  const typed = versions.at(live, versions.apiVersion);
  if (typed === undefined || typeErrors(typed.type, config).length > 0) return EMPTY_SET;
  const { modified, added, removed } = compare(typed.type, config, typed.value);
  return difference(toFieldSet(typed.type, config), union(union(modified, added), removed));
}

/** The note in an object; undefined when there is none. */
export function lastApplied(object: unknown): string | undefined {
  const metadata = isObject(object) ? getOwn(object, 'metadata') : undefined;
  const annotations = isObject(metadata) ? getOwn(metadata, 'annotations') : undefined;
  const text = isObject(annotations) ? getOwn(annotations, LAST_APPLIED) : undefined;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An object whose note says what was applied now, so that kubectl can go back to the client's side. */
export function withLastApplied(object: JsonObject, config: JsonObject): JsonObject {
  if (lastApplied(object) === undefined) return object;
  const [metadata, noted] = [object['metadata'] as JsonObject, { ...(config['metadata'] as JsonObject) }];
  if (isObject(noted['annotations'])) {
    noted['annotations'] = { ...noted['annotations'] };
    Reflect.deleteProperty(noted['annotations'] as JsonObject, LAST_APPLIED);
  }
  const note = `${JSON.stringify({ ...config, metadata: noted })}\n`;
  return { ...object, metadata: { ...metadata, annotations: { ...(metadata['annotations'] as JsonObject), [LAST_APPLIED]: note } } };
}
