import { eachInvalid, invalid, notSupported, required, type FieldError } from './field-error.ts';
import { configMapKey, dnsSubdomain, environmentName, qualifiedName } from './name-rules.ts';
import type { Container, EnvVar } from './pod-types.ts';

const SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef'] as const;
/** Fields of a pod that a reference may name at all. */
const POD_FIELDS =
  /^(metadata\.(name|namespace|uid|labels|annotations)|metadata\.(labels|annotations)\['[^']+'\]|spec\.(nodeName|serviceAccountName|host|restartPolicy|schedulerName)|status\.(hostIP|hostIPs|podIP|podIPs|phase|nominatedNodeName))$/;
const ENV_FIELDS = [
  ...['metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName'],
  ...['status.hostIP', 'status.podIP', 'status.podIPs'],
];
/** Of later servers. */
const NEWER_FIELDS = ['status.hostIPs'];
const RESOURCES = ['limits', 'requests'].flatMap((of) => ['cpu', 'ephemeral-storage', 'memory'].map((name) => `${of}.${name}`));
const DIVISORS: Readonly<Record<string, readonly string[]>> = {
  cpu: ['1m', '1'],
  memory: ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'],
};

export function validateEnvironment({ env = [], envFrom = [] }: Container, container: string): FieldError[] {
  return [
    ...env.flatMap((variable, index) => validateEnv(variable, `${container}.env[${index}]`)),
    ...envFrom.flatMap((source, index) => validateEnvFrom(source, `${container}.envFrom`, index)),
  ];
}

function validateEnv({ name = '', value = '', valueFrom }: EnvVar, field: string): FieldError[] {
  const errors = name === '' ? [required(`${field}.name`)] : eachInvalid(`${field}.name`, name, environmentName(name));
  return valueFrom === undefined ? errors : [...errors, ...validateSource(valueFrom, value, `${field}.valueFrom`)];
}

function validateSource(source: NonNullable<EnvVar['valueFrom']>, value: string, field: string): FieldError[] {
  const used = SOURCES.filter((kind) => source[kind] !== undefined);
  const errors: FieldError[] = [];
  if (source.fieldRef !== undefined) errors.push(...validateFieldRef(source.fieldRef, ENV_FIELDS, `${field}.fieldRef`));
  if (source.resourceFieldRef !== undefined) errors.push(...validateResourceRef(source.resourceFieldRef, `${field}.resourceFieldRef`));
  for (const kind of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const { name = '', key = '' } = source[kind] ?? {};
    if (source[kind] === undefined) continue;
    errors.push(...eachInvalid(`${field}.${kind}.name`, name, dnsSubdomain(name)));
    errors.push(...(key === '' ? [required(`${field}.${kind}.key`)] : eachInvalid(`${field}.${kind}.key`, key, configMapKey(key))));
  }
  if (used.length === 0) {
    errors.push(invalid(field, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'));
  } else if (value !== '') errors.push(invalid(field, '', 'may not be specified when `value` is not empty'));
  else if (used.length > 1) errors.push(invalid(field, '', 'may not have more than one field specified at a time'));
  return errors;
}

/** A reference to a field of the pod; `supported` are those that make sense here, beside single labels and annotations. */
export function validateFieldRef(
  { apiVersion = '', fieldPath: path = '' }: NonNullable<NonNullable<EnvVar['valueFrom']>['fieldRef']>,
  supported: readonly string[],
  field: string,
): FieldError[] {
  const place = `${field}.fieldPath`;
  if (apiVersion === '') return [required(`${field}.apiVersion`)];
  if (path === '') return [required(place)];
  const failed = 'error converting fieldPath: ';
  if (apiVersion !== 'v1') return [invalid(place, path, `${failed}unsupported pod version: ${apiVersion}`)];
  if (!POD_FIELDS.test(path)) return [invalid(place, path, `${failed}field label not supported: ${path}`)];
  const [, of = '', key = ''] = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path) ?? [];
  if (of !== '') return eachInvalid(field, key, qualifiedName(of === 'labels' ? key : key.toLowerCase()));
  return supported.includes(path) || NEWER_FIELDS.includes(path) ? [] : [notSupported(place, path, supported)];
}

/** A reference to what a container may use or asks for. */
export function validateResourceRef(
  { resource = '', divisor = '0' }: { resource?: string; divisor?: string },
  field: string,
): FieldError[] {
  if (resource === '') return [required(`${field}.resource`)];
  if (!RESOURCES.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource)) {
    return [notSupported(`${field}.resource`, resource, RESOURCES)];
  }
  const kind = resource.endsWith('.cpu') ? 'cpu' : 'memory';
  if (divisor === '0' || divisor === '' || DIVISORS[kind]?.includes(divisor) === true) return [];
  const list =
    kind === 'cpu'
      ? '1m and 1 are supported with the cpu resource'
      : `1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the ${resource.endsWith('.memory') ? 'memory' : 'local ephemeral storage'} resource`;
  return [invalid(`${field}.divisor`, resource, `only divisor's values ${list}`)];
}

function validateEnvFrom(
  { prefix = '', configMapRef, secretRef }: NonNullable<Container['envFrom']>[number],
  list: string,
  index: number,
): FieldError[] {
  const field = `${list}[${index}]`;
  const errors = prefix === '' ? [] : eachInvalid(`${field}.prefix`, prefix, environmentName(prefix));
  for (const [kind, reference] of Object.entries({ configMapRef, secretRef })) {
    if (reference === undefined) continue;
    const { name = '' } = reference;
    errors.push(...(name === '' ? [required(`${field}.${kind}.name`)] : eachInvalid(`${field}.${kind}.name`, name, dnsSubdomain(name))));
  }
  if (configMapRef === undefined && secretRef === undefined) {
    errors.push(invalid(list, '', 'must specify one of: `configMapRef` or `secretRef`'));
  } else if (configMapRef !== undefined && secretRef !== undefined) {
    errors.push(invalid(list, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}
