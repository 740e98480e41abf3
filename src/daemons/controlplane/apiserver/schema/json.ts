/** A JSON object. */
export type JsonObject = Record<string, unknown>;

/** True for what JSON writes in braces. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets an own property, whatever its name is: `__proto__` becomes an ordinary key and never reaches a prototype. */
export function setOwn(target: JsonObject, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  else target[key] = value;
}

/** Reads an own property; what a prototype holds is not there. */
export function getOwn(source: JsonObject, key: string): unknown {
  return Object.hasOwn(source, key) ? source[key] : undefined;
}

/** How deep an object of the API may nest, whether it is sent or comes out of a patch: so it fits into a message to an edge. */
export const MAX_OBJECT_DEPTH = 200;

/** False for what nests deeper; everything else here recurses. */
export function checkDepth(value: unknown, maximum = MAX_OBJECT_DEPTH): boolean {
  if (maximum < 0) return false;
  if (typeof value !== 'object' || value === null) return true;
  for (const child of Object.values(value) as unknown[]) if (!checkDepth(child, maximum - 1)) return false;
  return true;
}
