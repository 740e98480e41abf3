import { validateContainer, volumesByName } from './container-validation.ts';
import { duplicate, forbidden, notFound, type FieldError } from './field-error.ts';
import { isObject } from './json.ts';
import type { EphemeralContainer, PodSpec } from './pod-types.ts';
import { semanticEqual } from './semantic-equal.ts';

const FIELD = 'spec.ephemeralContainers';
const NOT_HERE = 'cannot be set for an Ephemeral Container';
/** All else is for containers that a pod relies on. */
const ALLOWED = new Set([
  ...['name', 'image', 'command', 'args', 'workingDir', 'envFrom', 'env', 'volumeMounts', 'volumeDevices', 'targetContainerName'],
  ...['terminationMessagePath', 'terminationMessagePolicy', 'imagePullPolicy', 'securityContext', 'stdin', 'stdinOnce', 'tty'],
]);

/** Checks a pod's ephemeral containers, in the words of Kubernetes 1.25. */
export function validateEphemeralContainers(spec: PodSpec): FieldError[] {
  const lasting = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name ?? ''));
  const names = new Set(lasting);
  return (spec.ephemeralContainers ?? []).flatMap((container, index) => {
    const field = `${FIELD}[${index}]`;
    const { name = '', targetContainerName: target = '', volumeMounts = [] } = container;
    const errors = validateContainer(container, field, volumesByName(spec), spec);
    if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
    names.add(name);
    if (target !== '' && !lasting.has(target)) errors.push(notFound(`${field}.targetContainerName`, target));
    const others = Object.entries(container).filter(([key, value]) => !ALLOWED.has(key) && !isEmpty(value));
    errors.push(...others.map(([key]) => forbidden(`${field}.${key}`, NOT_HERE)));
    volumeMounts.forEach((mount, position) => {
      for (const key of ['subPath', 'subPathExpr'] as const) {
        if ((mount[key] ?? '') !== '') errors.push(forbidden(`${field}.volumeMounts[${position}].${key}`, NOT_HERE));
      }
    });
    return errors;
  });
}

/** They come one by one, and neither change nor go. */
export function validateEphemeralUpdate(
  { ephemeralContainers: now = [] }: PodSpec,
  { ephemeralContainers: before = [] }: PodSpec,
): FieldError[] {
  return before.flatMap((old: EphemeralContainer) => {
    const next = now.find(({ name }) => name === old.name);
    if (next !== undefined && semanticEqual(next, old)) return [];
    const what = next === undefined ? 'removed' : 'changed';
    return [forbidden(FIELD, `existing ephemeral containers "${old.name ?? ''}" may not be ${what}\n`)];
  });
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) ? Object.keys(value).length === 0 : value === '' || value === null;
}
