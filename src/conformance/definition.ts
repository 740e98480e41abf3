import { apiVersionOf, RESOURCES } from '../protocol/kubernetes.ts';
import type { KubeObject, ObjectMeta } from '../protocol/kubernetes.ts';
import { isRecord } from '../protocol/message.ts';

const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * What an operator has to write to get the object that was recorded: without what the API server and the controllers add. Devices of
 * v1alpha2 become such of v1beta1.
 */
export function definitionOf(recorded: KubeObject, nodeName: string): KubeObject {
  return stripped(ofThisVersion(recorded, nodeName));
}

/** The same of an object that is new. What kubectl noted that it was given goes before what was sent of it. */
export function firstDefinitionOf(recorded: KubeObject, nodeName: string): KubeObject {
  const object = definitionOf(recorded, nodeName);
  const applied = appliedOf(recorded);
  if (applied === undefined) return object;
  const { spec, data, metadata } = definitionOf(applied, nodeName) as KubeObject & { spec?: unknown; data?: unknown };
  const given = { ...(spec !== undefined && { spec }), ...(data !== undefined && { data }) };
  const { labels } = metadata;
  return merged(object, { ...given, metadata: labels === undefined ? {} : { labels } }) as KubeObject;
}

function stripped(object: KubeObject): KubeObject {
  const { name, namespace, labels, annotations } = object.metadata;
  const metadata: ObjectMeta = {
    name,
    ...(namespace !== undefined && { namespace }),
    ...(labels !== undefined && { labels }),
    ...(annotations !== undefined && { annotations }),
  };
  const rest = Object.fromEntries(Object.entries(object).filter(([key]) => key !== 'status' && key !== 'metadata'));
  return { ...rest, metadata };
}

/** Equal for two definitions that say the same. */
export function fieldsOf({ metadata, ...rest }: KubeObject): string {
  const { labels = {}, annotations = {} } = metadata;
  return JSON.stringify([rest, labels, annotations]);
}

function appliedOf({ metadata }: KubeObject): KubeObject | undefined {
  const text = metadata.annotations?.[APPLIED];
  const applied: unknown = text === undefined ? undefined : JSON.parse(text);
  return isRecord(applied) && isRecord(applied['metadata']) ? (applied as unknown as KubeObject) : undefined;
}

function merged(base: unknown, over: unknown): unknown {
  if (Array.isArray(base) && Array.isArray(over)) return over.map((item, index) => merged((base as unknown[])[index], item));
  if (!isRecord(base) || !isRecord(over)) return over;
  return { ...base, ...Object.fromEntries(Object.entries(over).map(([key, value]) => [key, merged(base[key], value)])) };
}

interface AlphaDevice extends KubeObject {
  readonly spec?: { readonly deviceModelRef?: unknown; readonly protocol?: { readonly customizedProtocol?: unknown } };
  readonly status?: { readonly twins?: readonly { readonly propertyName: string; readonly desired?: unknown }[] };
}

interface AlphaModel extends KubeObject {
  readonly spec?: { readonly properties?: readonly AlphaProperty[] };
}

interface AlphaProperty {
  readonly name: string;
  readonly description?: string;
  readonly type?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** v1alpha2 knew desired values as status.twins, and nodes by a selector; kedge has v1beta1 alone. */
function ofThisVersion(object: KubeObject, nodeName: string): KubeObject {
  if (object.apiVersion !== 'devices.kubeedge.io/v1alpha2') return object;
  const { status, spec, ...rest } = object as AlphaDevice;
  if (object.kind === RESOURCES.deviceModel.kind) return modelOf(object);
  const properties = (status?.twins ?? []).map(({ propertyName, desired }) => ({ name: propertyName, desired }));
  const beta = { deviceModelRef: spec?.deviceModelRef, nodeName, protocol: spec?.protocol?.customizedProtocol, properties };
  return { ...rest, apiVersion: apiVersionOf(RESOURCES.device), ...{ spec: beta } };
}

function modelOf(object: AlphaModel): KubeObject {
  const properties = (object.spec?.properties ?? []).map(({ name, description, type = {} }) => {
    const [[kind, access] = []] = Object.entries(type);
    return { name, ...(description !== undefined && { description }), type: kind?.toUpperCase(), accessMode: access?.['accessMode'] };
  });
  return { ...object, apiVersion: apiVersionOf(RESOURCES.deviceModel), ...{ spec: { properties } } };
}
