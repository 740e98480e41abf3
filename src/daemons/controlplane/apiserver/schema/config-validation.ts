import type { ConfigMap, KubeObject, Secret } from '../../../../protocol/kubernetes.ts';
import { eachInvalid, forbidden, invalid, required, tooLong, type FieldError } from './field-error.ts';
import { configMapKey } from './name-rules.ts';
import { semanticEqual } from './semantic-equal.ts';

const MAX_BYTES = 1024 * 1024;
const IMMUTABLE = 'field is immutable when `immutable` is set';

/** The keys that a type of Secret must have. */
const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
};

type Fields = Readonly<Record<string, unknown>>;

export function validateConfigMap(object: KubeObject, old?: KubeObject): FieldError[] {
  const { data = {}, binaryData = {} } = object as ConfigMap;
  const size = sum(Object.values(data).map((text) => Buffer.byteLength(text))) + sum(Object.values(binaryData).map(decodedBytes));
  return [
    ...validateKeys('data', data),
    ...Object.keys(data)
      .filter((key) => Object.hasOwn(binaryData, key))
      .map((key) => invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')),
    ...validateKeys('binaryData', binaryData),
    ...(size > MAX_BYTES ? [tooLong('[]', MAX_BYTES)] : []),
    ...(old === undefined ? [] : immutableErrors({ ...object }, { ...old }, ['data', 'binaryData'])),
  ];
}

export function validateSecret(object: KubeObject, old?: KubeObject): FieldError[] {
  const { data = {}, type = 'Opaque' } = object as Secret;
  const size = sum(Object.values(data).map(decodedBytes));
  return [
    ...validateKeys('data', data),
    ...(size > MAX_BYTES ? [tooLong('data', MAX_BYTES)] : []),
    ...validateSecretType(object, type, data),
    ...(old === undefined ? [] : secretUpdateErrors(object, old, type)),
  ];
}

function validateSecretType(object: KubeObject, type: string, data: Readonly<Record<string, string>>): FieldError[] {
  const missing = (REQUIRED_KEYS[type] ?? []).filter((key) => !Object.hasOwn(data, key));
  const errors = missing.map((key) => required(type === 'kubernetes.io/ssh-auth' ? `data[%s][${key}]` : `data[${key}]`));
  if (type === 'kubernetes.io/basic-auth' && !Object.hasOwn(data, 'username') && !Object.hasOwn(data, 'password')) {
    errors.push(required('data[%s][username]'), required('data[%s][password]'));
  }
  if (
    type === 'kubernetes.io/service-account-token' &&
    (object.metadata.annotations?.['kubernetes.io/service-account.name'] ?? '') === ''
  ) {
    errors.push(required('metadata.annotations[kubernetes.io/service-account.name]'));
  }
  const json =
    type === 'kubernetes.io/dockerconfigjson' ? '.dockerconfigjson' : type === 'kubernetes.io/dockercfg' ? '.dockercfg' : undefined;
  const text = json === undefined ? undefined : data[json];
  if (json !== undefined && text !== undefined && !isJson(Buffer.from(text, 'base64').toString())) {
    errors.push(invalid(`data[${json}]`, '<secret contents redacted>', 'invalid JSON'));
  }
  return errors;
}

function secretUpdateErrors(object: Secret, old: Secret, type: string): FieldError[] {
  const changed = type !== (old.type ?? 'Opaque');
  return [...(changed ? [invalid('type', type, 'field is immutable')] : []), ...immutableErrors({ ...object }, { ...old }, ['data'])];
}

function immutableErrors(object: Fields, old: Fields, fields: readonly string[]): FieldError[] {
  if (old['immutable'] !== true) return [];
  const changed = fields.filter((field) => !semanticEqual(object[field], old[field]));
  return [...(object['immutable'] === true ? [] : ['immutable']), ...changed].map((field) => forbidden(field, IMMUTABLE));
}

function validateKeys(field: string, data: Readonly<Record<string, string>>): FieldError[] {
  return Object.keys(data).flatMap((key) => eachInvalid(`${field}[${key}]`, key, configMapKey(key)));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const decodedBytes = (base64: string): number => Buffer.byteLength(base64, 'base64');

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
