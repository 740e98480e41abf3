import { KedgeError } from '../kernel/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { twinTypeOf } from '../protocol/devices.ts';
import type { DeviceModel, ModelProperty } from '../protocol/devices.ts';
import { getModel } from './device-models.ts';
import { getDevice } from './devices.ts';
import { checkDesired } from './twin-rules.ts';

/** A property that may be set, for whoever is asked what to set. */
export interface Settable {
  readonly name: string;
  /** Type, limits and unit: `INT, 5 to 30, °C`. */
  readonly rule: string;
  /** What is wanted now. */
  readonly desired: string | undefined;
  /** All values that there are, where these are few. */
  readonly values: readonly string[] | undefined;
  /** What the model says against a value; undefined if nothing. */
  readonly refusal: (value: string) => string | undefined;
}

/** The properties of a device that its model lets be set. @throws KedgeError NOT_FOUND, INVALID_INPUT when there are none */
export async function settableProperties(client: KubeClient, namespace: string, name: string): Promise<Settable[]> {
  const device = await getDevice({ at: 'cloud', client }, namespace, name);
  const modelName = device.spec?.deviceModelRef?.name;
  if (!modelName)
    throw new KedgeError('INVALID_INPUT', `device ${name} has no model, so nothing says what may be set`, {
      hint: `kedge device edit ${name}`,
    });
  const model = await getModel(client, namespace, modelName);
  const desired = new Map((device.spec?.properties ?? []).map((property) => [property.name, property.desired?.value]));
  const settable = (model.spec?.properties ?? []).filter(({ accessMode }) => accessMode !== 'ReadOnly');
  if (settable.length === 0)
    throw new KedgeError('INVALID_INPUT', `device model ${modelName} has no property that may be set`, {
      hint: `kedge device model get ${modelName}`,
    });
  return settable.map((property) => ({
    name: property.name,
    rule: ruleOf(property),
    desired: desired.get(property.name),
    values: twinTypeOf(property.type) === 'boolean' ? ['true', 'false'] : undefined,
    refusal: (value) => refusalOf(model, property.name, value),
  }));
}

function ruleOf({ type, minimum, maximum, unit }: ModelProperty): string {
  const range = minimum && maximum ? `${minimum} to ${maximum}` : minimum ? `from ${minimum}` : maximum && `up to ${maximum}`;
  return [type, range, unit].filter(Boolean).join(', ');
}

function refusalOf(model: DeviceModel, name: string, value: string): string | undefined {
  try {
    checkDesired(model, name, value);
    return undefined;
  } catch (error) {
    if (error instanceof KedgeError) return error.message;
    throw error;
  }
}
