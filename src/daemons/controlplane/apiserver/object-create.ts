import { randomInt, randomUUID } from 'node:crypto';
import type { KubeObject, ObjectMeta, User } from '../../../protocol/kubernetes.ts';
import type { ObjectWriter } from '../../../store/kube-objects.ts';
import { admit } from './admission/admission.ts';
import { keyOf, MAX_OBJECT_BYTES, timestamp, type ApiContext, type Target, type WriteOptions } from './api-context.ts';
import { takenNames } from './custom-resources.ts';
import { decode, validate, withDefaults } from './decode.ts';
import { setManagedFields, trackWrite } from './object-managers.ts';
import type { WriteContext } from './served-resource.ts';
import { awaitDefaultAccount } from './strategies/account-admission.ts';
import { alreadyExists, badRequest, forbidden, invalid, notFound, StatusError } from './status-error.ts';

const GENERATED_ATTEMPTS = 8;
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const MAX_GENERATED_PREFIX = 58;

/** POST. @throws StatusError */
export async function createObject(context: ApiContext, target: Target, input: unknown, options: WriteOptions): Promise<KubeObject> {
  const object = decode(target, input, options);
  await awaitDefaultAccount(context, target, object);
  return context.store.write((writer) => createIn(writer, context, target, object, options), options);
}

/** Creates a decoded object inside a transaction. `managedFields` says who owns what when that is not for this function to find out. */
export function createIn(
  writer: ObjectWriter,
  context: ApiContext,
  target: Target,
  object: KubeObject,
  options: WriteOptions,
  managedFields?: ObjectMeta['managedFields'],
): KubeObject {
  const { entry } = target;
  if (!entry.verbs.includes('create')) {
    throw new StatusError(405, 'MethodNotAllowed', 'create not allowed while custom resource definition is terminating', {});
  }
  admitNamespace(writer, target, object.metadata.name);
  if (object.metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
  const name = object.metadata.name || freeName(writer, target, object.metadata.generateName);
  const now = timestamp(context.clock.now());
  const draft = withDefaults(entry, { ...object, metadata: creationMetadata(object, name, now) });
  const change = { before: undefined, after: draft, given: object.metadata.managedFields };
  const owned = managedFields ?? trackWrite(context, target, change, options);
  admit({ operation: 'CREATE', target, user: options.user, context, reader: writer, object: draft });
  const write = writeContext(writer, now, options.user);
  entry.strategy.admit?.(draft, undefined, write);
  entry.strategy.prepareForCreate?.(draft, write);
  setManagedFields(draft, owned);
  const errors = validate(entry, draft);
  if (errors.length > 0) throw invalid(entry.form?.stored ?? entry.resource, name, errors);
  entry.strategy.allocate?.(draft, write);
  entry.strategy.warnings?.(draft).forEach(options.warn);
  const key = keyOf({ ...target, name });
  if (writer.get(key) !== undefined) throw alreadyExists(entry.resource, name);
  return writer.put(key, draft, MAX_OBJECT_BYTES);
}

export function writeContext(writer: ObjectWriter, now: string, user: User): WriteContext {
  return {
    now,
    user,
    objects: writer,
    takenNames: (crd) => takenNames(crd, writer.list('customresourcedefinitions.apiextensions.k8s.io')),
  };
}

function creationMetadata(object: KubeObject, name: string, now: string): KubeObject['metadata'] {
  const { namespace, generateName, labels, annotations, ownerReferences, finalizers } = object.metadata;
  const given = { namespace, labels, annotations, ownerReferences, finalizers };
  return {
    name,
    ...(generateName ? { generateName } : {}),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    uid: randomUUID(),
    creationTimestamp: now,
  };
}

/** NamespaceLifecycle: nothing is created in a namespace that is missing or on its way out. */
function admitNamespace(writer: ObjectWriter, { entry, namespace }: Target, name: string): void {
  if (!entry.resource.namespaced) return;
  const found = writer.get({ resource: 'namespaces', namespace: '', name: namespace });
  if (found === undefined) throw notFound({ group: '', plural: 'namespaces' }, namespace);
  if (found.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const cause = { reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' };
  throw forbidden(entry.resource, name, why, [cause]);
}

/** `generateName` and five random letters; '' without generateName. */
function freeName(writer: ObjectWriter, target: Target, generateName: string | undefined): string {
  if (!generateName) return '';
  let name = '';
  for (let attempt = 0; attempt < GENERATED_ATTEMPTS; attempt += 1) {
    const letters = Array.from({ length: SUFFIX_LENGTH }, () => SUFFIX_ALPHABET.charAt(randomInt(SUFFIX_ALPHABET.length)));
    name = generateName.slice(0, MAX_GENERATED_PREFIX) + letters.join('');
    if (writer.get(keyOf({ ...target, name })) === undefined) return name;
  }
  throw alreadyExists(target.entry.resource, name);
}
