import { forbidden, invalid, notFound, notSupported, required, type FieldError } from './field-error.ts';
import { validateLocalPath } from './local-path.ts';
import type { Container, Volume } from './pod-types.ts';

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];
type Mount = NonNullable<Container['volumeMounts']>[number];

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
      return [...errors, ...validatePropagation(mount, `${container}.volumeMounts`, securityContext?.privileged === true)];
    }),
    ...volumeDevices.flatMap(({ name = '', devicePath = '' }, index) => {
      const field = `${container}.volumeDevices[${index}]`;
      const errors = name === '' ? [required(`${field}.name`)] : [];
      if (devicePath === '') errors.push(required(`${field}.devicePath`));
      if (!volumes.has(name)) errors.push(notFound(`${field}.name`, name));
      else if (volumes.get(name)?.['persistentVolumeClaim'] === undefined) {
        errors.push(invalid(`${field}.name`, name, 'can only use volume source type of PersistentVolumeClaim for block mode'));
      }
      return errors;
    }),
  ];
}

function validateMount(
  { name = '', mountPath = '', subPath = '', subPathExpr = '' }: Mount,
  list: string,
  index: number,
  volumes: ReadonlyMap<string, Volume>,
): FieldError[] {
  const field = `${list}[${index}]`;
  const errors = name === '' ? [required(`${field}.name`)] : [];
  if (!volumes.has(name)) errors.push(notFound(`${field}.name`, name));
  if (mountPath === '') errors.push(required(`${field}.mountPath`));
  if (subPath !== '') errors.push(...validateLocalPath(subPath, `${list}.subPath`));
  if (subPathExpr !== '') {
    if (subPath !== '') errors.push(invalid(`${field}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
    errors.push(...validateLocalPath(subPathExpr, `${list}.subPathExpr`));
  }
  return errors;
}

function validatePropagation({ mountPropagation }: Mount, list: string, privileged: boolean): FieldError[] {
  if (mountPropagation === undefined) return [];
  const field = `${list}.mountPropagation`;
  if (!PROPAGATIONS.includes(mountPropagation)) return [notSupported(field, mountPropagation, PROPAGATIONS)];
  if (mountPropagation !== 'Bidirectional' || privileged) return [];
  return [forbidden(field, 'Bidirectional mount propagation is available only to privileged containers')];
}
