import type { KubeObject, ObjectMeta } from '../../../../protocol/kubernetes.ts';
import { eachInvalid, invalid, required, tooLong, type FieldError } from './field-error.ts';
import { asPrefix, dnsLabel, labelValue, qualifiedName, type NameRule } from './name-rules.ts';

const MAX_ANNOTATION_BYTES = 256 * 1024;
const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** Checks the metadata of any object. `nameRule` says what names the kind takes. */
export function validateMetadata({ metadata }: KubeObject, namespaced: boolean, nameRule: NameRule): FieldError[] {
  return [
    ...validateName(metadata, nameRule),
    ...validateNamespace(metadata, namespaced),
    ...validateLabels(metadata.labels, 'metadata.labels'),
    ...validateAnnotations(metadata.annotations, 'metadata.annotations'),
    ...validateOwners(metadata.ownerReferences ?? []),
    ...validateFinalizers(metadata.finalizers ?? []),
  ];
}

/** What an update may not change. Empty in the new object means that the stored value stays. */
export function validateMetadataUpdate({ metadata }: KubeObject, { metadata: old }: KubeObject): FieldError[] {
  const fixed = ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;
  return fixed
    .filter((key) => metadata[key] !== undefined && metadata[key] !== '' && metadata[key] !== old[key])
    .map((key) => invalid(`metadata.${key}`, metadata[key], 'field is immutable'));
}

export function validateLabels(labels: Readonly<Record<string, string>> | undefined, field: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...eachInvalid(field, key, qualifiedName(key)),
    ...eachInvalid(field, value, labelValue(value)),
  ]);
}

function validateName(metadata: ObjectMeta, rule: NameRule): FieldError[] {
  const { name = '', generateName = '' } = metadata as Partial<ObjectMeta>;
  const errors = generateName === '' ? [] : eachInvalid('metadata.generateName', generateName, asPrefix(rule)(generateName));
  if (name === '') return [...errors, required('metadata.name', 'name or generateName is required')];
  return [...errors, ...eachInvalid('metadata.name', name, rule(name))];
}

function validateNamespace({ namespace = '' }: ObjectMeta, namespaced: boolean): FieldError[] {
  if (namespaced)
    return namespace === '' ? [required('metadata.namespace')] : eachInvalid('metadata.namespace', namespace, dnsLabel(namespace));
  return namespace === ''
    ? []
    : [{ reason: 'FieldValueForbidden', message: 'Forbidden: not allowed on this type', field: 'metadata.namespace' }];
}

export function validateAnnotations(annotations: Readonly<Record<string, string>> = {}, field: string): FieldError[] {
  const entries = Object.entries(annotations);
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  const errors = entries.flatMap(([key]) => eachInvalid(field, key, qualifiedName(key.toLowerCase())));
  return size > MAX_ANNOTATION_BYTES ? [...errors, tooLong(field, MAX_ANNOTATION_BYTES)] : errors;
}

function validateOwners(owners: NonNullable<ObjectMeta['ownerReferences']>): FieldError[] {
  const field = 'metadata.ownerReferences';
  const errors = owners.flatMap((owner) => {
    const empty = (['apiVersion', 'kind', 'name', 'uid'] as const).filter((key) => ((owner[key] as string | undefined) ?? '') === '');
    return empty.map((key) => invalid(`${field}.${key}`, '', `${key === 'apiVersion' ? 'version' : key} must not be empty`));
  });
  for (const owner of owners.filter(({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'Event')) {
    errors.push(invalid(field, owner, '/v1, Kind=Event is disallowed from being an owner'));
  }
  const controllers = owners.filter(({ controller }) => controller === true).map(({ name }) => name);
  if (controllers.length > 1) {
    const names = controllers.slice(0, 2).join(' and ');
    errors.push(invalid(field, controllers, `Only one reference can have Controller set to true. Found "true" in references for ${names}`));
  }
  return errors;
}

function validateFinalizers(finalizers: readonly string[]): FieldError[] {
  return finalizers.flatMap((name, index) => {
    const errors = eachInvalid('metadata.finalizers', name, qualifiedName(name));
    if (name.includes('/') || STANDARD_FINALIZERS.includes(name)) return errors;
    return [
      ...errors,
      invalid(`metadata.finalizers[${index}]`, name, 'name is neither a standard finalizer name nor is it fully qualified'),
    ];
  });
}
