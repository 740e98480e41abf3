import { KedgeError } from '../kernel/errors.ts';
import { twinTypeOf } from '../protocol/devices.ts';
import type { Device, DeviceModel, DeviceProperty, ModelProperty } from '../protocol/devices.ts';
import { isTwinText, REASON, valueRefusal } from '../protocol/twin-value.ts';

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
  const refusal = valueRefusal(twinTypeOf(property.type) ?? '', value) ?? (isTwinText(value) ? undefined : REASON.value);
  if (refusal !== undefined)
    throw new KedgeError(
      'INVALID_INPUT',
      `${name}=${value}: ${refusal} (${property.type ?? 'no type'} in device model ${model.metadata.name})`,
    );
  checkRange(property, value);
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

function checkRange({ name, minimum, maximum, type }: ModelProperty, value: string): void {
  const twinType = twinTypeOf(type);
  if (twinType !== 'int' && twinType !== 'float') return;
  const compare = comparatorOf(type);
  if (minimum && compare(value, minimum) < 0) throw new KedgeError('INVALID_INPUT', `${name}=${value} is below its minimum ${minimum}`);
  if (maximum && compare(value, maximum) > 0) throw new KedgeError('INVALID_INPUT', `${name}=${value} is above its maximum ${maximum}`);
}

/** Orders values of a number type. Whole numbers of 64 bits do not fit into a double. */
export function comparatorOf(type: ModelProperty['type']): (a: string, b: string) => number {
  const whole = /^[+-]?\d+$/;
  return (a, b) => {
    if (type !== 'INT' || !whole.test(a) || !whole.test(b)) return Number(a) - Number(b);
    const difference = BigInt(a.replace('+', '')) - BigInt(b.replace('+', ''));
    return difference < 0n ? -1 : Number(difference > 0n);
  };
}
