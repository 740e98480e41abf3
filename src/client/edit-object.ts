import { isDeepStrictEqual } from 'node:util';
import { KedgeError } from '../kernel/errors.ts';
import { isConflict } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import type { ApiResource, KubeObject } from '../protocol/kubernetes.ts';
import { apiVersionOf } from '../protocol/kubernetes.ts';
import { parseManifests } from './manifest.ts';

interface Specified extends KubeObject {
  spec?: unknown;
}

/** Reports move an object all the time; more rounds than this means that something is wrong. */
const MAX_ROUNDS = 50;

/** What a person may change of an object, as YAML: labels, annotations and the spec. */
export async function editableText(resource: ApiResource, object: Specified): Promise<string> {
  const { stringify } = (await import('yaml')).default;
  const { name, namespace, labels, annotations } = object.metadata;
  const metadata = { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) };
  const head = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata };
  return stringify({ ...head, ...(object.spec !== undefined && { spec: object.spec }) }, { version: '1.1' });
}

/**
 * Reads what became of `editableText`.
 * @throws KedgeError INVALID_INPUT for what is no such object, or another one
 */
export async function readEdited<T extends Specified>(text: string, resource: ApiResource, original: T): Promise<T> {
  const [edited, ...others] = await parseManifests<T>(text, 'the text', resource);
  if (edited === undefined || others.length > 0) throw new KedgeError('INVALID_INPUT', 'the text must hold one object');
  for (const key of ['name', 'namespace'] as const) {
    const [was, is] = [original.metadata[key], edited.metadata[key]];
    if (was !== is) throw new KedgeError('INVALID_INPUT', `metadata.${key} cannot be changed, it is ${was ?? ''}`);
  }
  return edited;
}

/**
 * Writes what was edited over what is there now. Reports that came meanwhile stay.
 * @throws KedgeError CONFLICT when somebody else changed the same parts meanwhile
 */
export async function applyEdited<T extends Specified>(client: KubeClient, resource: ApiResource, original: T, edited: T): Promise<T> {
  const { name, namespace } = original.metadata;
  for (let round = 1; ; round += 1) {
    const current = await client.get<T>(resource, name, namespace);
    if (!isDeepStrictEqual(editablePart(current), editablePart(original)))
      throw new KedgeError('CONFLICT', `${resource.kind} ${name} was changed by somebody else while it was edited`);
    const { labels, annotations } = edited.metadata;
    const metadata = { ...current.metadata, labels: labels ?? {}, annotations: annotations ?? {} };
    try {
      return await client.update<T>(resource, { ...current, metadata, spec: edited.spec });
    } catch (error) {
      if (!isConflict(error) || round >= MAX_ROUNDS) throw error;
    }
  }
}

function editablePart({ metadata, spec }: Specified): unknown {
  return { uid: metadata.uid, labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {}, spec };
}
