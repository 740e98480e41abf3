import { isDeepStrictEqual } from 'node:util';
import { jsonType } from './go-format.ts';
import { isObject, setOwn, type JsonObject } from './json.ts';
import { PatchError } from './patch-error.ts';

const MAX_OPERATIONS = 10_000;
const MAX_COPIED_CHARACTERS = 3 * 1024 * 1024;
const REFUSED = 'the server rejected our request due to an error in our request';

/**
 * RFC 6902, as Kubernetes has it: null is a patch of no operations, an index may be negative and counts from the end then, `add` without a value
 * adds null, and no operation has the whole document for its path. `current` is not changed. A failed test, or a path that leads nowhere, is a
 * PatchError 422.
 */
export function jsonPatchApply(current: unknown, patch: unknown): unknown {
  const operations = patch ?? [];
  if (!Array.isArray(operations)) {
    throw new PatchError(400, `json: cannot unmarshal ${jsonType(patch)} into Go value of type jsonpatch.Patch`);
  }
  if (operations.length > MAX_OPERATIONS) {
    const text = `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`;
    throw new PatchError(413, `Request entity too large: ${text}`);
  }
  const document: unknown = structuredClone(current);
  const copied = { characters: 0 };
  for (const operation of operations as unknown[]) {
    if (!isObject(operation ?? {}))
      throw new PatchError(400, `json: cannot unmarshal ${jsonType(operation)} into Go value of type jsonpatch.Operation`);
    applyOne(document, (operation ?? {}) as JsonObject, copied);
  }
  return document;
}

function applyOne(document: unknown, { op, path, from, value = null }: JsonObject, copied: { characters: number }): void {
  const place = placeOf(document, path);
  switch (op) {
    case 'add': {
      insert(place, structuredClone(value));
      return;
    }
    case 'remove': {
      remove(place);
      return;
    }
    case 'replace':
      read(place);
      {
        write(place, structuredClone(value));
        return;
      }
    case 'test':
      if (!isDeepStrictEqual(read(place), value)) throw refused();
      return;
    case 'move': {
      const source = placeOf(document, from);
      const moved = read(source);
      remove(source);
      insert(placeOf(document, path), moved);
      return;
    }
    case 'copy': {
      const text = JSON.stringify(read(placeOf(document, from)));
      count(copied, text.length);
      insert(place, JSON.parse(text) as unknown);
      return;
    }
    default:
      throw refused();
  }
}

/** Repeated copies may double a document with every operation. */
function count(copied: { characters: number }, added: number): void {
  copied.characters += added;
  if (copied.characters <= MAX_COPIED_CHARACTERS) return;
  const limit = `exceeding the limit ${MAX_COPIED_CHARACTERS}`;
  throw new PatchError(422, `Unable to complete the copy, the accumulated size increase of copy is ${copied.characters}, ${limit}`);
}

/** A map or a list, and which of its fields or elements is meant. */
interface Place {
  readonly container: JsonObject | unknown[];
  readonly key: string;
}

/** What a JSON pointer points to; the last step need not be there. */
function placeOf(document: unknown, pointer: unknown): Place {
  if (typeof pointer !== 'string' || !pointer.startsWith('/')) throw refused();
  const steps = pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = steps.pop() ?? '';
  const container = steps.reduce((value, step) => read({ container: asContainer(value), key: step }), document);
  return { container: asContainer(container), key };
}

function asContainer(value: unknown): JsonObject | unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  if (isObject(value)) return value;
  throw refused();
}

/** The index in a list of which `length` may be asked for. */
function indexOf(key: string, length: number): number {
  if (!/^[-+]?\d{1,9}$/.test(key)) throw refused();
  const index = Number(key) < 0 ? length + Number(key) : Number(key);
  if (index < 0 || index >= length) throw refused();
  return index;
}

function read({ container, key }: Place): unknown {
  if (Array.isArray(container)) return container[indexOf(key, container.length)];
  if (!Object.hasOwn(container, key)) throw refused();
  return container[key];
}

function write({ container, key }: Place, value: unknown): void {
  if (Array.isArray(container)) container[indexOf(key, container.length)] = value;
  else setOwn(container, key, value);
}

function insert({ container, key }: Place, value: unknown): void {
  if (!Array.isArray(container)) setOwn(container, key, value);
  else if (key === '-') container.push(value);
  else container.splice(indexOf(key, container.length + 1), 0, value);
}

function remove(place: Place): void {
  read(place);
  const { container, key } = place;
  if (Array.isArray(container)) container.splice(indexOf(key, container.length), 1);
  else Reflect.deleteProperty(container, key);
}

function refused(): PatchError {
  return new PatchError(422, REFUSED);
}
