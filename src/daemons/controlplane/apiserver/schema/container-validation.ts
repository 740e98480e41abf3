import { validateEnvironment } from './env-validation.ts';
import { duplicate, eachInvalid, invalid, notSupported, required, type FieldError } from './field-error.ts';
import { validateHandler, validateProbe } from './handler-validation.ts';
import { isSidecar, validateInitContainer, validateMainContainer, validateResizePolicy } from './init-container-validation.ts';
import { isObject } from './json.ts';
import { validateMounts } from './mount-validation.ts';
import { dnsLabel, portName, portNumber } from './name-rules.ts';
import type { Container, ContainerPort, PodSpec, Volume } from './pod-types.ts';
import { validateResources } from './quantity.ts';
import { validateUsedClaims } from './resource-claim-validation.ts';
import { validateContainerSecurity } from './security-validation.ts';
import { PULL_POLICIES } from './volume-validation.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** Checks the containers and init containers of a pod. */
export function validateContainers(spec: PodSpec): FieldError[] {
  const { containers = [], initContainers = [] } = spec;
  const volumes = volumesByName(spec);
  const names = new Set<string>();
  const hostPorts = new Set<string>();
  const errors: FieldError[] = containers.length === 0 ? [required('spec.containers')] : [];
  const check = (container: Container, field: string): void => {
    errors.push(...validateContainer(container, field, volumes, spec));
    const { name = '' } = container;
    if (name !== '' && names.has(name)) errors.push(duplicate(`${field}.name`, name));
    names.add(name);
  };
  containers.forEach((container, index) => {
    const field = `spec.containers[${index}]`;
    check(container, field);
    errors.push(...validateHooks(container, field, spec), ...validateMainContainer(container, field));
    errors.push(...validateHostPorts(container.ports ?? [], field, hostPorts, spec.hostNetwork === true));
  });
  initContainers.forEach((container, index) => {
    const field = `spec.initContainers[${index}]`;
    check(container, field);
    errors.push(...validateInitContainer(container, field), ...(isSidecar(container) ? validateHooks(container, field, spec) : []));
  });
  return errors;
}

export function volumesByName({ volumes = [] }: PodSpec): ReadonlyMap<string, Volume> {
  return new Map(volumes.map((volume) => [volume.name ?? '', volume]));
}

/** Checks what all kinds of containers have in common. `volumes` are the pod's, by name. */
export function validateContainer(container: Container, field: string, volumes: ReadonlyMap<string, Volume>, spec: PodSpec): FieldError[] {
  return [
    ...validateNameAndImage(container, field),
    ...validatePolicies(container, field),
    ...validatePorts(container.ports ?? [], field),
    ...validateEnvironment(container, field),
    ...validateMounts(container, field, volumes),
    ...validateResources(container.resources ?? {}, `${field}.resources`),
    ...validateUsedClaims(container, field, spec),
    ...validateResizePolicy(container, field, spec.restartPolicy),
    ...validateContainerSecurity(container.securityContext, `${field}.securityContext`),
  ];
}

function validateNameAndImage({ name = '', image = '' }: Container, field: string): FieldError[] {
  const errors = name === '' ? [required(`${field}.name`)] : eachInvalid(`${field}.name`, name, dnsLabel(name));
  if (image === '') errors.push(required(`${field}.image`));
  return errors;
}

/** What is checked of a pod's images, but not of a template's. */
export function validateImages(spec: PodSpec): FieldError[] {
  const unnamed = (spec.volumes ?? []).flatMap(({ image }, index) =>
    isObject(image) && (image['reference'] ?? '') === '' ? [required(`spec.volumes[${index}].image.reference`)] : [],
  );
  const padded = (['containers', 'initContainers', 'ephemeralContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap(({ image = '' }, index) =>
      image === image.trim() ? [] : [invalid(`spec.${list}[${index}].image`, image, 'must not have leading or trailing whitespace')],
    ),
  );
  return [...unnamed, ...padded];
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

function validateHooks(container: Container, field: string, { terminationGracePeriodSeconds: grace }: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of ['postStart', 'preStop'] as const) {
    const handler = container.lifecycle?.[key];
    if (handler !== undefined) errors.push(...validateHandler(handler, `${field}.lifecycle.${key}`, grace));
  }
  for (const key of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[key];
    if (probe !== undefined) errors.push(...validateProbe(probe, `${field}.${key}`, key === 'readinessProbe'));
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
