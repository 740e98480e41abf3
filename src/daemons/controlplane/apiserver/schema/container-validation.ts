import { duplicate, eachInvalid, invalid, notFound, notSupported, required, type FieldError } from './field-error.ts';
import { validateHandler, validateProbe } from './handler-validation.ts';
import { configMapKey, dnsLabel, environmentName, portName, portNumber } from './name-rules.ts';
import type { Container, ContainerPort, EnvVar, PodSpec } from './pod-types.ts';
import { validateResources } from './quantity.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef'] as const;
const POD_FIELDS =
  /^(metadata\.(name|namespace|uid|labels|annotations)|metadata\.(labels|annotations)\['[^']+'\]|spec\.(nodeName|serviceAccountName|host)|status\.(hostIP|hostIPs|podIP|podIPs|phase))$/;

/** Checks the containers and init containers of a pod. */
export function validateContainers(spec: PodSpec): FieldError[] {
  const { containers = [], initContainers = [] } = spec;
  const volumes = new Set((spec.volumes ?? []).map(({ name }) => name));
  const names = new Set<string>();
  const hostPorts = new Set<string>();
  const errors: FieldError[] = containers.length === 0 ? [required('spec.containers')] : [];
  const check = (container: Container, field: string): void => {
    errors.push(...validateContainer(container, field, volumes));
    const { name = '' } = container;
    if (name !== '' && names.has(name)) errors.push(duplicate(`${field}.name`, name));
    names.add(name);
  };
  containers.forEach((container, index) => {
    const field = `spec.containers[${index}]`;
    check(container, field);
    errors.push(...validateHostPorts(container.ports ?? [], field, hostPorts, spec.hostNetwork === true));
  });
  initContainers.forEach((container, index) => check(container, `spec.initContainers[${index}]`));
  return errors;
}

function validateContainer(container: Container, field: string, volumes: ReadonlySet<string | undefined>): FieldError[] {
  return [
    ...validateNameAndImage(container, field),
    ...validatePolicies(container, field),
    ...validateHooks(container, field),
    ...validatePorts(container.ports ?? [], field),
    ...(container.env ?? []).flatMap((variable, index) => validateEnv(variable, `${field}.env[${index}]`)),
    ...validateMounts(container.volumeMounts ?? [], field, volumes),
    ...validateResources(container.resources ?? {}, `${field}.resources`),
  ];
}

function validateNameAndImage({ name = '', image = '' }: Container, field: string): FieldError[] {
  const errors = name === '' ? [required(`${field}.name`)] : eachInvalid(`${field}.name`, name, dnsLabel(name));
  if (image === '') errors.push(required(`${field}.image`));
  return errors;
}

/** What is checked of a pod's images, but not of a template's. */
export function validateImages(spec: PodSpec): FieldError[] {
  return (['containers', 'initContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap(({ image = '' }, index) =>
      image === image.trim() ? [] : [invalid(`spec.${list}[${index}].image`, image, 'must not have leading or trailing whitespace')],
    ),
  );
}

function validatePolicies({ imagePullPolicy = '', terminationMessagePolicy = 'File' }: Container, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!['File', 'FallbackToLogsOnError'].includes(terminationMessagePolicy)) {
    errors.push(invalid(`${field}.terminationMessagePolicy`, terminationMessagePolicy, "must be 'File' or 'FallbackToLogsOnError'"));
  }
  if (imagePullPolicy === '') errors.push(required(`${field}.imagePullPolicy`));
  else if (!PULL_POLICIES.includes(imagePullPolicy)) errors.push(notSupported(`${field}.imagePullPolicy`, imagePullPolicy, PULL_POLICIES));
  return errors;
}

function validateHooks(container: Container, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of ['postStart', 'preStop'] as const) {
    const handler = container.lifecycle?.[key];
    if (handler !== undefined) errors.push(...validateHandler(handler, `${field}.lifecycle.${key}`));
  }
  for (const key of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[key];
    if (probe !== undefined) errors.push(...validateProbe(probe, `${field}.${key}`, key !== 'readinessProbe'));
  }
  return errors;
}

function validatePorts(ports: readonly ContainerPort[], container: string): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const field = `${container}.ports[${index}]`;
    const { name = '', containerPort = 0, hostPort = 0, protocol = '' } = port;
    const errors: FieldError[] = [];
    if (name !== '') {
      errors.push(...eachInvalid(`${field}.name`, name, portName(name)));
      if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
      names.add(name);
    }
    if (containerPort === 0) errors.push(required(`${field}.containerPort`));
    else errors.push(...eachInvalid(`${field}.containerPort`, containerPort, portNumber(containerPort)));
    if (hostPort !== 0) errors.push(...eachInvalid(`${field}.hostPort`, hostPort, portNumber(hostPort)));
    if (protocol === '') errors.push(required(`${field}.protocol`));
    else if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(`${field}.protocol`, protocol, PROTOCOLS));
    return errors;
  });
}

function validateHostPorts(ports: readonly ContainerPort[], container: string, taken: Set<string>, hostNetwork: boolean): FieldError[] {
  return ports.flatMap((port, index) => {
    const { protocol = '', hostIP = '', hostPort = 0, containerPort = 0 } = port;
    if (hostPort === 0) return [];
    const field = `${container}.ports[${index}]`;
    const key = `${protocol}/${hostIP}/${hostPort}`;
    const errors = taken.has(key) ? [duplicate(`${field}.hostPort`, key)] : [];
    taken.add(key);
    if (hostNetwork && hostPort !== containerPort) {
      errors.push(invalid(`${field}.containerPort`, containerPort, 'must match `hostPort` when `hostNetwork` is true'));
    }
    return errors;
  });
}

function validateEnv({ name = '', value = '', valueFrom }: EnvVar, field: string): FieldError[] {
  const errors = name === '' ? [required(`${field}.name`)] : eachInvalid(`${field}.name`, name, environmentName(name));
  return valueFrom === undefined ? errors : [...errors, ...validateSource(valueFrom, value, `${field}.valueFrom`)];
}

function validateSource(source: NonNullable<EnvVar['valueFrom']>, value: string, field: string): FieldError[] {
  const used = SOURCES.filter((kind) => source[kind] !== undefined);
  const errors: FieldError[] = [];
  if (used.length === 0) {
    errors.push(invalid(field, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'));
  } else if (value !== '') errors.push(invalid(field, '', 'may not be specified when `value` is not empty'));
  else if (used.length > 1) errors.push(invalid(field, '', 'may not have more than one field specified at a time'));
  if (source.fieldRef !== undefined) {
    const { fieldPath: path = '' } = source.fieldRef;
    const place = `${field}.fieldRef.fieldPath`;
    if (path === '') errors.push(required(place));
    else if (!POD_FIELDS.test(path)) errors.push(invalid(place, path, `error converting fieldPath: field label not supported: ${path}`));
  }
  for (const kind of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const reference = source[kind];
    if (reference === undefined) continue;
    const { key = '' } = reference;
    errors.push(...(key === '' ? [required(`${field}.${kind}.key`)] : eachInvalid(`${field}.${kind}.key`, key, configMapKey(key))));
  }
  return errors;
}

function validateMounts(
  mounts: NonNullable<Container['volumeMounts']>,
  container: string,
  volumes: ReadonlySet<string | undefined>,
): FieldError[] {
  const paths = new Set<string>();
  return mounts.flatMap(({ name = '', mountPath = '' }, index) => {
    const field = `${container}.volumeMounts[${index}]`;
    const errors = name === '' ? [required(`${field}.name`)] : [];
    if (!volumes.has(name)) errors.push(notFound(`${field}.name`, name));
    if (mountPath === '') errors.push(required(`${field}.mountPath`));
    else if (paths.has(mountPath)) errors.push(invalid(`${field}.mountPath`, mountPath, 'must be unique'));
    paths.add(mountPath);
    return errors;
  });
}
