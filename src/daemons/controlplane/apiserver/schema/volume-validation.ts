import { duplicate, eachInvalid, forbidden, invalid, notSupported, required, type FieldError } from './field-error.ts';
import { isObject, type JsonObject } from './json.ts';
import { validateLocalPath, validateNoDots } from './local-path.ts';
import { dnsLabel, dnsSubdomain } from './name-rules.ts';
import type { Volume } from './pod-types.ts';
import { validateDownward, validateItems, validateMode, validateProjected } from './projected-validation.ts';
import { quantityValue } from './quantity.ts';
import { validateClaimTemplate } from './storage-validation.ts';

const HOST_PATH_TYPES = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];
const MAX_LUN = 255;
export const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

export function validateVolumes(volumes: readonly Volume[]): FieldError[] {
  const seen = new Set<string>();
  return volumes.flatMap((volume, index) => {
    const field = `spec.volumes[${index}]`;
    const name = volume.name ?? '';
    const errors = validateSources(volume, field);
    if (name === '') errors.push(required(`${field}.name`));
    else errors.push(...eachInvalid(`${field}.name`, name, dnsLabel(name)));
    if (name !== '' && seen.has(name)) errors.push(duplicate(`${field}.name`, name));
    seen.add(name);
    return errors;
  });
}

function validateSources(volume: Volume, field: string): FieldError[] {
  const sources = Object.entries(volume).filter((entry): entry is [string, JsonObject] => entry[0] !== 'name' && isObject(entry[1]));
  return sources.flatMap(([source, settings], index) => {
    const place = `${field}.${source}`;
    if (index > 0) return [forbidden(place, 'may not specify more than 1 volume type')];
    return CHECKS[source]?.(settings, place) ?? [];
  });
}

/** What each kind of source cannot do without, or cannot be. */
const CHECKS: Readonly<Record<string, (settings: JsonObject, field: string) => FieldError[]>> = {
  hostPath: ({ path, type }, field) => [
    ...needed({ path }, field),
    ...validateNoDots(textOf(path), `${field}.path`),
    ...(typeof type === 'string' && !HOST_PATH_TYPES.includes(type) ? [notSupported(`${field}.type`, type, HOST_PATH_TYPES)] : []),
  ],
  emptyDir: ({ sizeLimit }, field) =>
    (quantityValue(textOf(sizeLimit)) ?? 0) < 0
      ? [forbidden(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
      : [],
  configMap: ({ name, defaultMode, items }, field) => [
    ...needed({ name }, field),
    ...validateMode(defaultMode, `${field}.defaultMode`),
    ...validateItems(items, `${field}.items`),
  ],
  secret: ({ secretName, defaultMode, items }, field) => [
    ...needed({ secretName }, field),
    ...validateMode(defaultMode, `${field}.defaultMode`),
    ...validateItems(items, `${field}.items`),
  ],
  persistentVolumeClaim: ({ claimName }, field) => needed({ claimName }, field),
  nfs: ({ server, path }, field) => [
    ...needed({ server, path }, field),
    ...(textOf(path).startsWith('/') ? [] : [invalid(`${field}.path`, textOf(path), 'must be an absolute path')]),
  ],
  gitRepo: ({ repository, directory }, field) => [
    ...needed({ repository }, field),
    ...validateLocalPath(textOf(directory), `${field}.directory`),
  ],
  iscsi: ({ targetPortal, iqn, lun }, field) => [
    ...needed({ targetPortal, iqn }, field),
    ...(typeof lun === 'number' && (lun < 0 || lun > MAX_LUN)
      ? [invalid(`${field}.lun`, lun, `must be between 0 and ${MAX_LUN}, inclusive`)]
      : []),
  ],
  csi: ({ driver }, field) => [
    ...needed({ driver }, field),
    ...eachInvalid(`${field}.driver`, textOf(driver), dnsSubdomain(textOf(driver).toLowerCase())),
  ],
  downwardAPI: ({ defaultMode, items }, field) => [...validateMode(defaultMode, `${field}.defaultMode`), ...validateDownward(items, field)],
  projected: validateProjected,
  ephemeral: ({ volumeClaimTemplate }, field) =>
    isObject(volumeClaimTemplate)
      ? validateClaimTemplate(volumeClaimTemplate, `${field}.volumeClaimTemplate`)
      : [required(`${field}.volumeClaimTemplate`)],
  image: ({ pullPolicy }, field) => [
    ...needed({ pullPolicy }, field),
    ...(pullPolicy === undefined || PULL_POLICIES.includes(textOf(pullPolicy))
      ? []
      : [notSupported(`${field}.pullPolicy`, pullPolicy, PULL_POLICIES)]),
  ],
};

function needed(values: JsonObject, field: string): FieldError[] {
  return Object.entries(values)
    .filter(([, value]) => textOf(value) === '')
    .map(([name]) => required(`${field}.${name}`));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
