import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { isObject, type JsonObject } from '../schema/json.ts';
import { rulesWarning } from '../schema/validation-rules.ts';
import type { Strategy, WriteContext } from '../served-resource.ts';
import { countGeneration, open, part, restore, restoreMetadata } from './meta-strategy.ts';

/** The strategy of a custom resource, which may have a status subresource. */
export function customStrategy(hasStatus: boolean): Strategy {
  // In which version an object comes is no change of it.
  const apart = ['apiVersion', 'metadata', ...(hasStatus ? ['status'] : [])];
  const counted = (object: KubeObject, old: KubeObject): string[] =>
    [...new Set([...Object.keys(object), ...Object.keys(old)])].filter((field) => !apart.includes(field));
  return {
    prepareForCreate: (object) => {
      if (hasStatus) delete open(object)['status'];
      object.metadata.generation = 1;
    },
    prepareForUpdate: (object, old) => {
      if (hasStatus) restore(object, old, 'status');
      countGeneration(object, old, counted(object, old));
    },
    prepareForStatusUpdate: (object, old) => {
      for (const field of counted(object, old)) restore(object, old, field);
      restoreMetadata(object, old);
    },
    needsResourceVersion: true,
  };
}

/** Keeps a CustomResourceDefinition until its objects are gone. */
const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

export const crdStrategy: Strategy = {
  warnings: rulesWarning,
  prepareForCreate: (crd, context) => {
    crd.metadata.generation = 1;
    open(crd)['status'] = statusOf(crd, {}, context);
  },
  prepareForUpdate: (crd, old, context) => {
    countGeneration(crd, old, ['spec']);
    open(crd)['status'] = statusOf(crd, part(old, 'status'), context);
  },
  prepareForStatusUpdate: (crd, old) => {
    restore(crd, old, 'spec');
    restoreMetadata(crd, old);
  },
  prepareForDelete: (crd, { now }) => {
    crd.metadata.deletionTimestamp ??= now;
    const finalizers = crd.metadata.finalizers ?? [];
    if (!finalizers.includes(CLEANUP_FINALIZER)) crd.metadata.finalizers = [...finalizers, CLEANUP_FINALIZER];
    const message = 'CustomResourceDefinition marked for deletion; CustomResource deletion will be initiated as soon as possible';
    const status = part(crd, 'status');
    const terminating = { type: 'Terminating', status: 'True', reason: 'InstanceDeletionPending', message };
    open(crd)['status'] = { ...status, conditions: [...others(status, ['Terminating']), since(terminating, status, now)] };
  },
  needsResourceVersion: true,
};

/** Names are accepted, and the resource established, in the same write: there is one server. */
function statusOf(crd: KubeObject, old: JsonObject, { now, takenNames }: WriteContext): JsonObject {
  const spec = part(crd, 'spec');
  const taken = takenNames(crd);
  const accepted = taken.length === 0;
  const names = accepted
    ? { status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
    : { status: 'False', reason: 'NamesConflict', message: `already in use: ${taken.map((name) => `"${name}"`).join(', ')}` };
  const established = accepted
    ? { status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' }
    : { status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
  const conditions = [
    { type: 'NamesAccepted', ...names },
    { type: 'Established', ...established },
  ].map((condition) => since(condition, old, now));
  const storage = (Array.isArray(spec['versions']) ? spec['versions'] : []).filter(isObject).find(({ storage }) => storage === true)?.[
    'name'
  ];
  const stored = Array.isArray(old['storedVersions']) ? (old['storedVersions'] as unknown[]) : [];
  return {
    conditions: [...conditions, ...others(old, ['NamesAccepted', 'Established'])],
    acceptedNames: accepted ? spec['names'] : { plural: '', kind: '' },
    storedVersions: stored.includes(storage) ? stored : [...stored, storage],
  };
}

function conditionsOf(status: JsonObject): JsonObject[] {
  return Array.isArray(status['conditions']) ? status['conditions'].filter(isObject) : [];
}

function others(status: JsonObject, types: readonly string[]): JsonObject[] {
  return conditionsOf(status).filter(({ type }) => !types.includes(String(type)));
}

/** Keeps the time of the last transition unless the condition changed its status. */
function since(condition: { type: string; status: string; reason: string; message: string }, old: JsonObject, now: string): JsonObject {
  const before = conditionsOf(old).find(({ type, status }) => type === condition.type && status === condition.status);
  return { lastTransitionTime: before?.['lastTransitionTime'] ?? now, ...condition };
}
