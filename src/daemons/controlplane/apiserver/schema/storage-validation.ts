import type { KubeObject, VolumeAttachment } from '../../../../protocol/kubernetes.ts';
import { eachInvalid, forbidden, invalid, notSupported, required, tooLong, type FieldError } from './field-error.ts';
import { isObject, type JsonObject } from './json.ts';
import { dnsSubdomain } from './name-rules.ts';
import { quantityValue } from './quantity.ts';
import { semanticEqual } from './semantic-equal.ts';

const ACCESS_MODES = ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'];
const VOLUME_MODES = ['Block', 'Filesystem'];
const VOLUME_RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];
const CLASS_RECLAIM_POLICIES = ['Delete', 'Retain'];
const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer'];
const MAX_DRIVER_NAME = 63;
/** The fields of a PersistentVolume's spec that are not its source. */
const BESIDE_SOURCE = new Set([
  ...['capacity', 'accessModes', 'claimRef', 'persistentVolumeReclaimPolicy', 'storageClassName', 'mountOptions', 'volumeMode'],
  ...['nodeAffinity', 'volumeAttributesClassName'],
]);

export function validatePersistentVolume(object: KubeObject, old?: KubeObject): FieldError[] {
  const spec = specOf(object);
  const sources = sourcesOf(spec);
  return [
    ...accessModes(spec['accessModes'], () => required('spec.accessModes')),
    ...capacity(spec['capacity']),
    ...sources.slice(1).map(([source]) => forbidden(`spec.${source}`, 'may not specify more than 1 volume type')),
    ...(sources.length === 0 ? [required('spec', 'must specify a volume type')] : []),
    ...oneOf('spec.persistentVolumeReclaimPolicy', spec['persistentVolumeReclaimPolicy'], VOLUME_RECLAIM_POLICIES),
    ...oneOf('spec.volumeMode', spec['volumeMode'], VOLUME_MODES),
    ...(old === undefined ? [] : volumeUpdate(spec, specOf(old))),
  ];
}

function volumeUpdate(spec: JsonObject, old: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  if (!semanticEqual(Object.fromEntries(sourcesOf(spec)), Object.fromEntries(sourcesOf(old)))) {
    errors.push(forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation'));
  }
  if (spec['volumeMode'] !== old['volumeMode']) errors.push(invalid('volumeMode', spec['volumeMode'], 'field is immutable'));
  return errors;
}

export function validatePersistentVolumeClaim(object: KubeObject, old?: KubeObject): FieldError[] {
  const spec = specOf(object);
  return [...validateClaimSpec(spec), ...(old === undefined ? [] : claimUpdate(spec, old))];
}

/** Checks the claim that is to be made for a pod's volume; it has no name of its own. */
export function validateClaimTemplate({ metadata, spec }: JsonObject, field: string): FieldError[] {
  const given = isObject(metadata) ? Object.keys(metadata).filter((key) => key !== 'labels' && key !== 'annotations') : [];
  return [
    ...given.map((key) => forbidden(`${field}.metadata.${key}`, 'cannot be set for an ephemeral volume')),
    ...validateClaimSpec(isObject(spec) ? spec : {}).map((error) => ({ ...error, field: `${field}.${error.field}` })),
  ];
}

function validateClaimSpec(spec: JsonObject): FieldError[] {
  const { requests } = isObject(spec['resources']) ? spec['resources'] : {};
  const { dataSource: source, dataSourceRef: reference } = spec;
  return [
    ...accessModes(spec['accessModes'], () => required('spec.accessModes', 'at least 1 access mode is required')),
    ...(isObject(requests) && requests['storage'] !== undefined
      ? positive(requests['storage'], 'spec.resources[storage]')
      : [required('spec.resources[storage]')]),
    ...oneOf('spec.volumeMode', spec['volumeMode'], VOLUME_MODES),
    ...(source === undefined || reference === undefined || semanticEqual(source, reference)
      ? []
      : [invalid('spec', 'spec.dataSource', 'must match dataSourceRef')]),
  ];
}

/** Only the binding may be filled in, and a bound claim may ask for more. */
function claimUpdate(spec: JsonObject, old: KubeObject): FieldError[] {
  const before = specOf(old);
  const wasBound = typeof before['volumeName'] === 'string' && before['volumeName'] !== '';
  const fixed = (value: JsonObject): JsonObject => ({
    ...value,
    ...(wasBound ? { resources: undefined } : { volumeName: undefined }),
  });
  const text = 'spec is immutable after creation except resources.requests for bound claims';
  return semanticEqual(fixed(spec), fixed(before)) ? [] : [forbidden('spec', text)];
}

export function validateStorageClass(object: KubeObject, old?: KubeObject): FieldError[] {
  const { provisioner, parameters, reclaimPolicy, volumeBindingMode } = fieldsOf(object);
  return [
    ...(provisioner === undefined || provisioner === '' ? [required('provisioner')] : []),
    ...oneOf('reclaimPolicy', reclaimPolicy, CLASS_RECLAIM_POLICIES),
    ...oneOf('volumeBindingMode', volumeBindingMode, BINDING_MODES),
    ...(old === undefined ? [] : classUpdate({ provisioner, parameters, reclaimPolicy, volumeBindingMode }, fieldsOf(old))),
  ];
}

function classUpdate(next: JsonObject, old: JsonObject): FieldError[] {
  const changed = (field: string): boolean => !semanticEqual(next[field], old[field]);
  return [
    ...(changed('parameters') ? [forbidden('parameters', 'updates to parameters are forbidden.')] : []),
    ...(changed('provisioner') ? [forbidden('provisioner', 'updates to provisioner are forbidden.')] : []),
    ...(changed('reclaimPolicy') ? [forbidden('reclaimPolicy', 'updates to reclaimPolicy are forbidden.')] : []),
    ...(changed('volumeBindingMode') ? [invalid('volumeBindingMode', next['volumeBindingMode'], 'field is immutable')] : []),
  ];
}

export function validateVolumeAttachment(object: KubeObject, old?: KubeObject): FieldError[] {
  const { spec = {} } = object as VolumeAttachment;
  const source = Object.values(spec.source ?? {}).filter((value) => value !== '');
  return [
    ...driverName(spec.attacher ?? '', 'spec.attacher'),
    ...eachInvalid('spec.nodeName', spec.nodeName ?? '', dnsSubdomain(spec.nodeName ?? '')),
    ...(source.length === 0 ? [required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')] : []),
    ...(source.length > 1 ? [forbidden('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')] : []),
    ...(old !== undefined && !semanticEqual(spec, (old as VolumeAttachment).spec ?? {})
      ? [invalid('spec', spec, 'field is immutable')]
      : []),
  ];
}

/** The name of a CSI driver. */
function driverName(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)];
  const errors = name.length > MAX_DRIVER_NAME ? [tooLong(field, MAX_DRIVER_NAME)] : [];
  return [...errors, ...eachInvalid(field, name, dnsSubdomain(name.toLowerCase()))];
}

function positive(quantity: unknown, field: string): FieldError[] {
  const isPositive = typeof quantity !== 'string' || (quantityValue(quantity) ?? 0) > 0;
  return isPositive ? [] : [invalid(field, quantity, 'must be greater than zero')];
}

function specOf(object: KubeObject): JsonObject {
  const { spec } = fieldsOf(object);
  return isObject(spec) ? spec : {};
}

function fieldsOf(object: KubeObject): JsonObject {
  return { ...object };
}

function sourcesOf(spec: JsonObject): [string, unknown][] {
  return Object.entries(spec).filter(([field, value]) => !BESIDE_SOURCE.has(field) && isObject(value));
}

function accessModes(value: unknown, missing: () => FieldError): FieldError[] {
  const modes = Array.isArray(value) ? (value as unknown[]) : [];
  if (modes.length === 0) return [missing()];
  return modes.filter((mode) => !ACCESS_MODES.includes(String(mode))).map((mode) => notSupported('spec.accessModes', mode, ACCESS_MODES));
}

function capacity(value: unknown): FieldError[] {
  const entries = isObject(value) ? Object.entries(value) : [];
  if (entries.length === 0) return [required('spec.capacity')];
  const isStorage = entries.length === 1 && entries[0]?.[0] === 'storage';
  return [
    ...(isStorage ? [] : [notSupported('spec.capacity', value, ['storage'])]),
    ...entries.flatMap(([name, quantity]) => positive(quantity, `spec.capacity[${name}]`)),
  ];
}

function oneOf(field: string, value: unknown, supported: readonly unknown[]): FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [notSupported(field, value, supported as string[])];
}
