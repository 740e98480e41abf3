import { signerErrors } from './certificate-validation.ts';
import { validateFieldRef, validateResourceRef } from './env-validation.ts';
import { forbidden, invalid, required, type FieldError } from './field-error.ts';
import { isObject, type JsonObject } from './json.ts';
import { validateLabelSelector } from './label-selector-validation.ts';
import { validateLocalPath } from './local-path.ts';
import { dnsSubdomain } from './name-rules.ts';

const DOWNWARD_FIELDS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const MAX_MODE = 0o777;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
const MODE_TEXT = 'must be a number between 0 and 0777 (octal), both inclusive';

export function validateMode(mode: unknown, field: string): FieldError[] {
  return typeof mode === 'number' && (mode < 0 || mode > MAX_MODE) ? [invalid(field, mode, MODE_TEXT)] : [];
}

/** Checks which keys of a Secret or ConfigMap become which files. */
export function validateItems(items: unknown, field: string): FieldError[] {
  return listOf(items).flatMap(({ key = '', path = '', mode }, index) => {
    const place = `${field}[${index}]`;
    return [
      ...(key === '' ? [required(`${place}.key`)] : []),
      ...(path === '' ? [required(`${place}.path`)] : validateLocalPath(String(path), `${place}.path`)),
      ...validateMode(mode, `${place}.mode`),
    ];
  });
}

/** Checks what of the pod itself becomes which files. */
export function validateDownward(items: unknown, field: string): FieldError[] {
  return listOf(items).flatMap(({ path = '', mode, fieldRef, resourceFieldRef }) => {
    const errors = path === '' ? [required(`${field}.path`)] : validateLocalPath(String(path), `${field}.path`);
    if (isObject(fieldRef)) {
      errors.push(...validateFieldRef(fieldRef, DOWNWARD_FIELDS, `${field}.fieldRef`));
      if (isObject(resourceFieldRef)) {
        errors.push(invalid(field, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
      }
    } else if (isObject(resourceFieldRef)) {
      const place = `${field}.resourceFieldRef`;
      if ((resourceFieldRef['containerName'] ?? '') === '') errors.push(required(`${place}.containerName`));
      errors.push(...validateResourceRef(resourceFieldRef, place));
    } else errors.unshift(required(field, 'one of fieldRef and resourceFieldRef is required'));
    return [...errors, ...validateMode(mode, `${field}.mode`)];
  });
}

/** Checks a volume that is put together of several sources. */
export function validateProjected(projected: JsonObject, field: string): FieldError[] {
  const paths = new Set<string>();
  const errors = listOf(projected['sources']).flatMap((source, index) => validateSource(source, field, index, paths));
  return [...errors, ...validateMode(projected['defaultMode'], `${field}.defaultMode`)];
}

function validateSource(source: JsonObject, field: string, index: number, paths: Set<string>): FieldError[] {
  const errors: FieldError[] = [];
  const place = `${field}.sources[${index}]`;
  const sources = (['secret', 'configMap', 'downwardAPI', 'serviceAccountToken', 'clusterTrustBundle'] as const).filter((kind) =>
    isObject(source[kind]),
  );
  sources.forEach((kind, position) => {
    // The others are not worth a look.
    if (position > 0) {
      errors.push(forbidden(place, 'may not specify more than 1 volume type'));
      return;
    }
    const settings = source[kind] as JsonObject;
    const name = typeof settings['name'] === 'string' ? settings['name'] : '';
    if (kind === 'serviceAccountToken') errors.push(...validateToken(settings, field, `${place}.serviceAccountToken`));
    else if (kind === 'clusterTrustBundle') errors.push(...validateTrustBundle(settings, `${place}.clusterTrustBundle`));
    else if (kind === 'downwardAPI') errors.push(...validateDownward(settings['items'], `${place}.downwardAPI`));
    else {
      if (name === '') errors.push(required(`${place}.${kind}.name`));
      errors.push(...validateItems(settings['items'], `${place}.${kind}`));
    }
    errors.push(...conflicts(settings, kind, name, field, paths));
  });
  return errors;
}

/** Two sources cannot make the same file. */
function conflicts(settings: JsonObject, kind: string, name: string, field: string, paths: Set<string>): FieldError[] {
  const files =
    kind === 'serviceAccountToken' || kind === 'clusterTrustBundle'
      ? [settings['path']]
      : listOf(settings['items']).map(({ path }) => path);
  return files.flatMap((path) => {
    if (typeof path !== 'string' || path === '') return [];
    const isTaken = paths.has(path);
    paths.add(path);
    return isTaken ? [invalid(field, name === '' ? path : name, 'conflicting duplicate paths')] : [];
  });
}

function validateToken({ expirationSeconds: seconds, path = '' }: JsonObject, volume: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const place = `${field}.expirationSeconds`;
  if (typeof seconds === 'number' && seconds < MIN_SECONDS) {
    errors.push(invalid(place, seconds, 'may not specify a duration less than 10 minutes'));
  }
  if (typeof seconds === 'number' && seconds > MAX_SECONDS) {
    errors.push(invalid(place, seconds, 'may not specify a duration larger than 2^32 seconds'));
  }
  return path === '' ? [...errors, required(`${volume}.path`)] : errors;
}

/** Certificates of the cluster, by name or by who signed them. */
function validateTrustBundle(bundle: JsonObject, field: string): FieldError[] {
  const { name, signerName, labelSelector, path = '' } = bundle as JsonObject & { name?: string; signerName?: string };
  const errors: FieldError[] = [];
  if (name !== undefined && signerName !== undefined) {
    errors.push(invalid(field, { name, signerName }, 'only one of name and signerName may be used'));
  } else if (name !== undefined) {
    const last = name.split(':').at(-1) ?? '';
    if (name === '') errors.push(required(`${field}.name`, 'must be a valid object name'));
    else errors.push(...dnsSubdomain(last).map((text) => invalid(`${field}.name`, name, `not a valid clustertrustbundlename: ${text}`)));
    if (labelSelector !== undefined) {
      errors.push(invalid(`${field}.labelSelector`, labelSelector, 'labelSelector must be unset if name is specified'));
    }
  } else if (signerName === undefined) errors.push(required(field, 'either name or signerName must be specified'));
  else {
    if (signerName === '') errors.push(required(`${field}.signerName`, 'must be a valid signer name'));
    else errors.push(...signerErrors(signerName, `${field}.signerName`));
    if (isObject(labelSelector)) errors.push(...validateLabelSelector(labelSelector, `${field}.labelSelector`));
  }
  return path === '' ? [...errors, required(`${field}.path`)] : [...errors, ...validateLocalPath(String(path), `${field}.path`)];
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
