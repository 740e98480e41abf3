import { KedgeError } from '../kernel/errors.ts';
import type { Device, DeviceModel, DeviceProperty } from '../protocol/devices.ts';
import { rangeRefusal, textRefusal } from '../protocol/property-rules.ts';

/** @throws KedgeError INVALID_INPUT when the model does not allow this desired value: unknown, read-only, of another type, out of range. */
export function checkDesired(model: DeviceModel, name: string, value: string): void {
  const properties = model.spec?.properties ?? [];
  const property = properties.find((candidate) => candidate.name === name);
  if (property === undefined) {
    const known = properties.map((candidate) => candidate.name).join(', ') || 'none';
    throw new KedgeError('INVALID_INPUT', `device model ${model.metadata.name} has no property ${name}; it has ${known}`);
  }
  if (property.accessMode === 'ReadOnly') {
    throw new KedgeError('INVALID_INPUT', `${name} is ReadOnly in device model ${model.metadata.name}: it is reported, not set`);
  }
  const refusal = textRefusal(property, value);
  if (refusal !== undefined)
    throw new KedgeError(
      'INVALID_INPUT',
      `${name}=${value}: ${refusal} (${property.type ?? 'no type'} in device model ${model.metadata.name})`,
    );
  const range = rangeRefusal(property, value);
  if (range !== undefined) throw new KedgeError('INVALID_INPUT', `${name}=${value} is ${range}`);
}

/** @throws KedgeError INVALID_INPUT when a property of the device is not in its model, or its desired value not allowed. */
export function checkDevice(device: Device, model: DeviceModel): void {
  const known = new Set((model.spec?.properties ?? []).map(({ name }) => name));
  for (const { name, desired } of device.spec?.properties ?? []) {
    if (desired !== undefined && desired.value !== '') checkDesired(model, name, desired.value);
    else if (!known.has(name)) checkDesired(model, name, '');
  }
}

/** The properties with these desired values merged in; what else they say stays. */
export function mergeDesired(properties: readonly DeviceProperty[], assignments: ReadonlyMap<string, string>): DeviceProperty[] {
  const merged = properties.map((property) => {
    const value = assignments.get(property.name);
    return value === undefined ? property : { ...property, desired: { ...property.desired, value } };
  });
  const names = new Set(properties.map(({ name }) => name));
  const added = [...assignments].filter(([name]) => !names.has(name)).map(([name, value]) => ({ name, desired: { value } }));
  return [...merged, ...added];
}
