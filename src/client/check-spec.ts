import { KedgeError } from '../kernel/errors.ts';
import { twinTypeOf } from '../protocol/devices.ts';
import type { Device, DeviceModel, ModelProperty } from '../protocol/devices.ts';
import { specMistake } from '../protocol/device-schema.ts';
import { comparatorOf } from '../protocol/property-rules.ts';
import { valueRefusal } from '../protocol/twin-value.ts';

/** @throws KedgeError INVALID_INPUT naming the key of a model, as a person wrote it, that means nothing */
export function checkModelSpec(model: DeviceModel): DeviceModel {
  const mistake = specMistake('DeviceModel', model) ?? twice(model.spec?.properties) ?? rangeMistake(model.spec?.properties);
  if (mistake !== undefined) throw new KedgeError('INVALID_INPUT', `device model ${model.metadata.name}: ${mistake}`);
  return model;
}

/** @throws KedgeError INVALID_INPUT naming the key of a device, as a person wrote it, that means nothing */
export function checkDeviceSpec(device: Device): Device {
  const mistake = specMistake('Device', device) ?? twice(device.spec?.properties);
  if (mistake !== undefined) throw new KedgeError('INVALID_INPUT', `device ${device.metadata.name}: ${mistake}`);
  return device;
}

function twice(properties: readonly { readonly name: string }[] = []): string | undefined {
  const index = properties.findIndex(({ name }, at) => properties.findIndex((other) => other.name === name) < at);
  return index < 0 ? undefined : `spec.properties[${index}].name: ${properties[index]?.name ?? ''} is there twice`;
}

function rangeMistake(properties: readonly ModelProperty[] = []): string | undefined {
  for (const [index, { type, minimum, maximum }] of properties.entries()) {
    const twinType = twinTypeOf(type);
    if (twinType !== 'int' && twinType !== 'float') continue;
    for (const [key, limit] of Object.entries({ minimum, maximum })) {
      if (limit && (valueRefusal('float', limit) !== undefined || !Number.isFinite(Number(limit))))
        return `spec.properties[${index}].${key}: ${limit} is not a number`;
    }
    if (minimum && maximum && comparatorOf(type)(minimum, maximum) > 0)
      return `spec.properties[${index}].minimum: ${minimum} is above the maximum ${maximum}`;
  }
  return undefined;
}
