import { canonicalQuantity } from './canonical-quantity.ts';
import { nameOfDefinition } from './openapi-data.ts';
import type { SchemaNode } from './schema-node.ts';

const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const MICRO_TIME = 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime';
const QUANTITY_PATTERN = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const INTEGER_LIMITS = { int32: 2 ** 31, int64: 2 ** 63 } as const;

/** Thrown for a scalar of the right JSON type that Go's decoder would refuse. The message has no field path. */
export class BadScalar extends Error {}

/** True if a string's schema also takes JSON numbers: quantities and int-or-string. */
export function takesNumbers(schema: SchemaNode): boolean {
  return schema.format === 'int-or-string' || isQuantity(schema);
}

/** Checks a scalar that has the right JSON type and returns it as the API server writes it: times in UTC, quantities in their canonical form. */
export function decodeScalar(value: string | number | boolean, schema: SchemaNode): unknown {
  if (isQuantity(schema)) return decodeQuantity(String(value));
  if (typeof value === 'number')
    return schema.type === 'number' ? value : decodeInteger(value, schema.format === 'int64' ? 'int64' : 'int32');
  if (typeof value === 'boolean') return value;
  if (schema.format === 'date-time') return decodeTime(value, nameOfDefinition(schema) === MICRO_TIME);
  if (schema.format === 'byte') return decodeBytes(value);
  return value;
}

function isQuantity(schema: SchemaNode): boolean {
  return nameOfDefinition(schema) === QUANTITY;
}

function decodeQuantity(text: string): string {
  if (!QUANTITY_PATTERN.test(text)) throw new BadScalar(`quantities must match the regular expression '${QUANTITY_PATTERN.source}'`);
  return canonicalQuantity(text);
}

function decodeInteger(value: number, format: keyof typeof INTEGER_LIMITS): number {
  const limit = INTEGER_LIMITS[format];
  if (Number.isInteger(value) && value >= -limit && value < limit) return value;
  throw new BadScalar(`number ${value}`);
}

/** metav1.Time has whole seconds, MicroTime six digits; both are written in UTC. */
function decodeTime(text: string, micro: boolean): string {
  const match = RFC3339.exec(text);
  const milliseconds = match === null ? Number.NaN : Date.parse(`${match[1] ?? ''}${match[3] ?? ''}`);
  if (Number.isNaN(milliseconds)) {
    const layout = micro ? '2006-01-02T15:04:05.000000Z07:00' : '2006-01-02T15:04:05Z07:00';
    throw new BadScalar(`parsing time ${JSON.stringify(text)} as "${layout}": cannot parse ${JSON.stringify(text)} as "2006"`);
  }
  const seconds = new Date(milliseconds).toISOString().slice(0, 19);
  if (!micro) return `${seconds}Z`;
  return `${seconds}.${(match?.[2] ?? '.').slice(1, 7).padEnd(6, '0')}Z`;
}

function decodeBytes(text: string): string {
  const compact = text.replace(/[\r\n]/g, '');
  if (compact.length % 4 === 0 && BASE64.test(compact)) return compact;
  const wrong = compact.search(/[^A-Za-z0-9+/=]/);
  throw new BadScalar(`illegal base64 data at input byte ${wrong === -1 ? compact.length : wrong}`);
}
