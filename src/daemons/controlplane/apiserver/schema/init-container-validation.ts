import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from './field-error.ts';
import type { Container, PodSpec } from './pod-types.ts';

const RESIZED = ['cpu', 'memory'];
const RESIZE_POLICIES = ['NotRequired', 'RestartContainer'];
/** What only containers have that stay; init containers do with `restartPolicy: Always`, as sidecars. */
const OF_LASTING_CONTAINERS = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;

/** Whether an init container goes on running beside the others: a sidecar (Kubernetes 1.29). */
export function isSidecar({ restartPolicy }: Container): boolean {
  return restartPolicy === 'Always';
}

/** Checks what an init container may not have, and how it is restarted. */
export function validateInitContainer(container: Container, field: string): FieldError[] {
  const { restartPolicy } = container;
  const errors =
    restartPolicy === undefined || isSidecar(container) ? [] : [notSupported(`${field}.restartPolicy`, restartPolicy, ['Always'])];
  if (isSidecar(container)) return errors;
  const present = OF_LASTING_CONTAINERS.filter((key) => container[key] !== undefined);
  return [
    ...errors,
    ...present.map((key) => forbidden(`${field}.${key}`, 'may not be set for init containers without restartPolicy=Always')),
  ];
}

/** Checks what only an init container may have. */
export function validateMainContainer({ restartPolicy }: Container, field: string): FieldError[] {
  return restartPolicy === undefined ? [] : [forbidden(`${field}.restartPolicy`, 'may not be set for non-init containers')];
}

/** Checks what happens to a container whose resources change. */
export function validateResizePolicy(
  { resizePolicy = [] }: Container,
  container: string,
  restartPolicy: PodSpec['restartPolicy'],
): FieldError[] {
  const field = `${container}.resizePolicy`;
  const seen = new Set<string>();
  return resizePolicy.flatMap(({ resourceName: resource = '', restartPolicy: policy = '' }, index) => {
    const errors = seen.has(resource) ? [duplicate(`${field}[${index}]`, resource)] : [];
    seen.add(resource);
    errors.push(...oneOf(field, resource, RESIZED), ...oneOf(field, policy, RESIZE_POLICIES));
    if (restartPolicy === 'Never' && policy !== 'NotRequired') {
      errors.push(invalid(field, policy, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
    }
    return errors;
  });
}

function oneOf(field: string, value: string, supported: readonly string[]): FieldError[] {
  if (value === '') return [required(field)];
  return supported.includes(value) ? [] : [notSupported(field, value, supported)];
}
