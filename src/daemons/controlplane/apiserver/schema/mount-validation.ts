import { forbidden, invalid, notFound, notSupported, required, type FieldError } from './field-error.ts';
import { validateLocalPath } from './local-path.ts';
import type { Container, Volume, VolumeMount } from './pod-types.ts';

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];
/** Sources of what may be a block device. */
const CLAIMED = ['persistentVolumeClaim', 'ephemeral'];
const RECURSIONS = ['Disabled', 'Enabled', 'IfPossible'];

/** Checks what a container sees of the pod's volumes. */
export function validateMounts(
  { volumeMounts = [], volumeDevices = [], securityContext }: Container,
  container: string,
  volumes: ReadonlyMap<string, Volume>,
): FieldError[] {
  const paths = new Set<string>();
  return [
    ...volumeMounts.flatMap((mount, index) => {
      const { mountPath = '' } = mount;
      const errors = validateMount(mount, `${container}.volumeMounts`, index, volumes);
      if (mountPath !== '' && paths.has(mountPath)) {
        errors.push(invalid(`${container}.volumeMounts[${index}].mountPath`, mountPath, 'must be unique'));
      }
      paths.add(mountPath);
      const list = `${container}.volumeMounts`;
      return [...errors, ...validatePropagation(mount, list, securityContext?.privileged === true), ...validateRecursion(mount, list)];
    }),
    ...volumeDevices.flatMap(({ name = '', devicePath = '' }, index) => {
      const field = `${container}.volumeDevices[${index}]`;
      const errors = name === '' ? [required(`${field}.name`)] : [];
      if (devicePath === '') errors.push(required(`${field}.devicePath`));
      if (!volumes.has(name)) errors.push(notFound(`${field}.name`, name));
      else if (!CLAIMED.some((source) => volumes.get(name)?.[source] !== undefined)) {
        errors.push(invalid(`${field}.name`, name, 'can only use volume source type of PersistentVolumeClaim for block mode'));
      }
      return errors;
    }),
  ];
}

function validateMount(
  { name = '', mountPath = '', subPath = '', subPathExpr = '' }: VolumeMount,
  list: string,
  index: number,
  volumes: ReadonlyMap<string, Volume>,
): FieldError[] {
  const field = `${list}[${index}]`;
  const errors = name === '' ? [required(`${field}.name`)] : [];
  if (!volumes.has(name)) errors.push(notFound(`${field}.name`, name));
  if (mountPath === '') errors.push(required(`${field}.mountPath`));
  if (volumes.get(name)?.['image'] !== undefined) {
    const used = Object.entries({ subPath, subPathExpr }).filter(([, path]) => path !== '');
    errors.push(...used.map(([key, path]) => invalid(`${field}.${key}`, path, 'not allowed in image volume sources')));
  }
  if (subPath !== '') errors.push(...validateLocalPath(subPath, `${list}.subPath`));
  if (subPathExpr !== '') {
    if (subPath !== '') errors.push(invalid(`${field}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
    errors.push(...validateLocalPath(subPathExpr, `${list}.subPathExpr`));
  }
  return errors;
}

/** Whether what is mounted below cannot be written to either (Kubernetes 1.31). */
function validateRecursion({ recursiveReadOnly: recursion, readOnly, mountPropagation = 'None' }: VolumeMount, list: string): FieldError[] {
  const field = `${list}.recursiveReadOnly`;
  if (recursion === undefined || recursion === 'Disabled') return [];
  if (!RECURSIONS.includes(recursion)) return [notSupported(field, recursion, RECURSIONS)];
  return [
    ...(readOnly === true ? [] : [forbidden(field, 'may only be specified when readOnly is true')]),
    ...(mountPropagation === 'None' ? [] : [forbidden(field, 'may only be specified when mountPropagation is None or not specified')]),
  ];
}

function validatePropagation({ mountPropagation }: VolumeMount, list: string, privileged: boolean): FieldError[] {
  if (mountPropagation === undefined) return [];
  const field = `${list}.mountPropagation`;
  if (!PROPAGATIONS.includes(mountPropagation)) return [notSupported(field, mountPropagation, PROPAGATIONS)];
  if (mountPropagation !== 'Bidirectional' || privileged) return [];
  return [forbidden(field, 'Bidirectional mount propagation is available only to privileged containers')];
}
