import type { KubeObject } from '../../../protocol/kubernetes.ts';
import { apiVersionOf } from '../../../protocol/kubernetes.ts';
import { withoutManagedFields } from '../../../protocol/managed-fields.ts';
import { keyOf, type ApiContext, type Target, type WriteOptions } from './api-context.ts';
import { decode, givenKind, present } from './decode.ts';
import { ApplyConflict } from './fields/conflict.ts';
import { apply, type Applied } from './fields/field-manager.ts';
import { objectType } from './fields/field-type.ts';
import { conflictBeyondLastApplied, KUBECTL, withLastApplied } from './fields/last-applied.ts';
import { encodeManagers } from './fields/managed-fields.ts';
import { typeErrors, typeErrorText } from './fields/typed-validation.ts';
import { createIn } from './object-create.ts';
import { managersOf, versionsOf, writerOf } from './object-managers.ts';
import { assertMayCreate, assertName, updateIn, type Updated } from './object-update.ts';
import { checkDepth, isObject, type JsonObject } from './schema/json.ts';
import { InvalidObject } from './schema/validate.ts';
import type { ServedResource } from './served-resource.ts';
import { awaitDefaultAccount } from './strategies/account-admission.ts';
import { applyConflict, badRequest, notFound } from './status-error.ts';

/** PATCH with an apply configuration. `force` takes fields from other managers. @throws StatusError */
export async function applyObject(
  context: ApiContext,
  target: Target,
  input: unknown,
  { force, ...options }: WriteOptions & { readonly force: boolean },
): Promise<Updated> {
  const config = configuration(target, input);
  if (context.store.get(keyOf(target)) === undefined) await awaitDefaultAccount(context, target, config as unknown as KubeObject);
  return context.store.write((writer) => {
    const current = writer.get(keyOf(target));
    if (current === undefined && target.subresource !== '') throw notFound(target.entry.resource, target.name);
    const live = current === undefined ? undefined : present(target.entry, current);
    const { object, managers } = merge(context, target, live, config, { force, options });
    const decoded = decode(target, object, options);
    const managedFields = encodeManagers(managers) ?? [];
    if (current !== undefined)
      return { object: updateIn(writer, context, target, current, decoded, options, managedFields), created: false };
    assertName(target, decoded);
    assertMayCreate(context, target, decoded.metadata, options.user);
    delete decoded.metadata.resourceVersion;
    return { object: createIn(writer, context, target, decoded, options, managedFields), created: true };
  }, options);
}

/** The body as a configuration that fits the resource. @throws StatusError 400 */
export function configuration({ entry, name, namespace }: Target, input: unknown): JsonObject {
  const config = input ?? {};
  if (!isObject(config)) throw badRequest('error decoding YAML: the object to apply must be a map');
  if (!checkDepth(config)) throw new InvalidObject('exceeded max depth');
  const kind = assertKind(entry, config);
  const { namespace: theirs = '', managedFields = null } = isObject(config['metadata']) ? config['metadata'] : {};
  if (managedFields !== null) throw badRequest('metadata.managedFields must be nil');
  const errors = typeErrors(objectType(entry.schema, entry.custom !== undefined), config);
  if (errors.length > 0) {
    throw badRequest(`failed to create typed patch object (${namespace}/${name}; ${kind}): ${typeErrorText(errors)}`);
  }
  if (entry.resource.namespaced && theirs !== '' && theirs !== namespace) {
    throw badRequest(`the namespace of the object (${String(theirs)}) does not match the namespace on the request (${namespace})`);
  }
  return config;
}

/** The kind of a configuration, as Go prints it: `/v1, Kind=Pod`. @throws StatusError 400 */
function assertKind({ resource }: ServedResource, config: JsonObject): string {
  const { apiVersion, kind } = givenKind(config);
  const expected = apiVersionOf(resource);
  if (apiVersion !== expected) {
    throw badRequest(`Incorrect version specified in apply patch. Specified patch version: ${apiVersion}, expected: ${expected}`);
  }
  const shown = `${resource.group}/${resource.version}, Kind=${kind}`;
  if (kind !== resource.kind) throw badRequest(`invalid object type: ${shown}`);
  return shown;
}

function merge(
  context: ApiContext,
  target: Target,
  stored: KubeObject | undefined,
  config: JsonObject,
  { force, options }: { readonly force: boolean; readonly options: WriteOptions },
): { object: JsonObject; managers: Applied['managers'] } {
  const versions = versionsOf(context, target.entry);
  const writer = writerOf(context, target, options);
  const live = stored === undefined ? {} : withoutManagedFields(stored);
  const change = { live, config, managers: managersOf(stored) };
  let applied: Applied;
  try {
    applied = apply(versions, change, writer, force);
  } catch (error) {
    if (!(error instanceof ApplyConflict)) throw error;
    const left = writer.name === KUBECTL ? conflictBeyondLastApplied(versions, live, error) : error;
    if (left !== undefined) throw applyConflict(left);
    applied = apply(versions, change, writer, true);
  }
  const object = isObject(applied.object) ? applied.object : config;
  return { object: writer.name === KUBECTL ? withLastApplied(object, config) : object, managers: applied.managers };
}
