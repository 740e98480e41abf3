import { apiVersionOf, type ApiResource, type KubeObject } from '../../../protocol/kubernetes.ts';
import { keyOf, type ApiContext, type Target, type WriteOptions } from './api-context.ts';
import { builtin } from './builtin-resources.ts';
import { decode, present } from './decode.ts';
import { applyObject, configuration } from './object-apply.ts';
import { changeObject } from './object-update.ts';
import { invalid as invalidField } from './schema/field-error.ts';
import { isObject, type JsonObject } from './schema/json.ts';
import { applyPatch, type PatchKind } from './schema/patch.ts';
import { selectorText } from './schema/workload-columns.ts';
import type { ScalePaths } from './schema/scale-paths.ts';
import { badRequest, invalid, notFound, StatusError } from './status-error.ts';

const SCALE: ApiResource = { group: 'autoscaling', version: 'v1', plural: 'scales', kind: 'Scale', namespaced: true };
export const SCALES = builtin(SCALE);

interface Scale extends KubeObject {
  spec?: { replicas?: number };
}

/** True for `/scale`: how many there are to be, in one form for all kinds (autoscaling/v1 Scale). */
export function isScale({ subresource }: Target): boolean {
  return subresource === 'scale';
}

/** GET of `/scale`. @throws StatusError */
export function getScale(context: ApiContext, target: Target): KubeObject {
  const stored = context.store.get(keyOf(target));
  const { group, plural } = target.entry.resource;
  if (stored === undefined) throw notFound({ group, plural: `${plural}/scale` }, target.name);
  return scaleOf(present(target.entry, stored), pathsOf(target));
}

/** PUT of `/scale`. @throws StatusError */
export function updateScale(context: ApiContext, target: Target, input: unknown, options: WriteOptions): Promise<KubeObject> {
  return write(context, target, () => input, options);
}

/** PATCH of `/scale`. @throws StatusError, PatchError */
export function patchScale(
  context: ApiContext,
  target: Target,
  patch: { kind: PatchKind; body: unknown },
  options: WriteOptions,
): Promise<KubeObject> {
  return write(context, target, (scale) => applyPatch(patch.kind, scale(), patch.body, SCALES.schema), options);
}

/** PATCH of `/scale` with an apply configuration: who applies owns the replicas of the object. @throws StatusError */
export async function applyScale(
  context: ApiContext,
  target: Target,
  input: unknown,
  options: WriteOptions & { readonly force: boolean },
): Promise<KubeObject> {
  const paths = pathsOf(target);
  const shown = { ...target, entry: SCALES, subresource: '' };
  const scale: Scale = decode(shown, configuration(shown, input), options);
  const replicas = checked(target, scale);
  const { kind } = target.entry.resource;
  const { name, namespace } = target;
  const empty: KubeObject = { apiVersion: apiVersionOf(target.entry.resource), kind, metadata: { name, namespace } };
  // Who names none owns none.
  const config = scale.spec?.replicas === undefined ? empty : withReplicas(empty, replicas, scale.metadata, paths);
  const { object } = await applyObject(context, target, config, options);
  return scaleOf(present(target.entry, object), paths);
}

async function write(
  context: ApiContext,
  target: Target,
  change: (scale: () => KubeObject) => unknown,
  options: WriteOptions,
): Promise<KubeObject> {
  const paths = pathsOf(target);
  const main = { ...target, subresource: '' };
  const changed = await changeObject(
    context,
    main,
    (stored) => {
      const current = present(target.entry, stored);
      const scale = decode(
        { ...target, entry: SCALES, subresource: '' },
        change(() => scaleOf(current, paths)),
        options,
      ) as Scale;
      return withReplicas(current, checked(target, scale), scale.metadata, paths);
    },
    options,
  );
  return scaleOf(present(target.entry, changed), paths);
}

function checked({ name, entry }: Target, { metadata, spec }: Scale): number {
  if (!metadata.name) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (metadata.name !== name) throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  const replicas = spec?.replicas ?? 0;
  if (replicas < 0 && entry.custom !== undefined) {
    const field = `.${(entry.scale?.spec ?? []).join('.')}`;
    throw invalid(entry.resource, name, [invalidField(field, replicas, 'should be a non-negative integer')]);
  }
  if (replicas < 0) throw invalid(SCALE, name, [invalidField('spec.replicas', replicas, 'must be greater than or equal to 0')]);
  return replicas;
}

/** The object with as many as asked for; the versions that the caller knows are still to be those that are stored. */
function withReplicas(
  object: KubeObject,
  replicas: number,
  { uid, resourceVersion }: KubeObject['metadata'],
  { spec }: ScalePaths,
): KubeObject {
  const next = structuredClone(object);
  if (uid) next.metadata.uid = uid;
  // Without one, whatever is stored.
  if (resourceVersion) next.metadata.resourceVersion = resourceVersion;
  const parents = spec.slice(0, -1).reduce<JsonObject>(
    (at, key) => {
      const child = at[key];
      return (at[key] = isObject(child) ? child : {});
    },
    next as KubeObject & JsonObject,
  );
  parents[spec.at(-1) ?? ''] = replicas;
  return next;
}

function scaleOf(object: KubeObject, { spec, status, selector }: ScalePaths): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = at(object, spec);
  if (replicas === undefined) {
    const message = `the spec replicas field ".${spec.join('.')}" does not exist`;
    throw new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
  }
  const chosen = selector === undefined ? undefined : at(object, selector);
  const text = isObject(chosen) ? selectorText(chosen) : chosen;
  return {
    kind: SCALE.kind,
    apiVersion: apiVersionOf(SCALE),
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas },
    status: { replicas: at(object, status) ?? 0, ...(typeof text === 'string' && text !== '' ? { selector: text } : {}) },
  } as KubeObject;
}

function at(object: KubeObject, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), object);
}

function pathsOf({ entry }: Target): ScalePaths {
  if (entry.scale === undefined) throw new Error(`${entry.resource.kind} has no scale`);
  return entry.scale;
}
