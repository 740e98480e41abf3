import { duplicate, eachInvalid, forbidden, notSupported, required, type FieldError } from './field-error.ts';
import { isObject, type JsonObject } from './json.ts';
import { dnsLabel } from './name-rules.ts';
import type { Volume } from './pod-types.ts';

const HOST_PATH_TYPES = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

/** What a source cannot do without. */
const REQUIRED: Readonly<Record<string, string>> = {
  hostPath: 'path',
  configMap: 'name',
  secret: 'secretName',
  persistentVolumeClaim: 'claimName',
};

export function validateVolumes(volumes: readonly Volume[]): FieldError[] {
  const seen = new Set<string>();
  return volumes.flatMap((volume, index) => {
    const field = `spec.volumes[${index}]`;
    const name = volume.name ?? '';
    const errors = validateSource(volume, field);
    if (name === '') errors.push(required(`${field}.name`));
    else errors.push(...eachInvalid(`${field}.name`, name, dnsLabel(name)));
    if (name !== '' && seen.has(name)) errors.push(duplicate(`${field}.name`, name));
    seen.add(name);
    return errors;
  });
}

function validateSource(volume: Volume, field: string): FieldError[] {
  const sources = Object.entries(volume).filter((entry): entry is [string, JsonObject] => entry[0] !== 'name' && isObject(entry[1]));
  return sources.flatMap(([source, settings], index) => {
    if (index > 0) return [forbidden(`${field}.${source}`, 'may not specify more than 1 volume type')];
    const key = REQUIRED[source];
    const errors = key !== undefined && (settings[key] ?? '') === '' ? [required(`${field}.${source}.${key}`)] : [];
    const type = settings['type'];
    if (source === 'hostPath' && typeof type === 'string' && !HOST_PATH_TYPES.includes(type)) {
      errors.push(notSupported(`${field}.hostPath.type`, type, HOST_PATH_TYPES));
    }
    return errors;
  });
}
