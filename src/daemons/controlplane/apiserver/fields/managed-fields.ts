import { getOwn, isObject, type JsonObject } from '../schema/json.ts';
import type { FieldSet } from './field-set.ts';
import { decodeFields, encodeFields } from './fields-v1.ts';

/** One manager of an object: an entry of metadata.managedFields. */
export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** '' for the object itself. */
  readonly subresource: string;
  /** RFC 3339; undefined where a client left it out. */
  readonly time: string | undefined;
  readonly set: FieldSet;
}

/** What makes a manager who it is. Whoever applies is the same in every version. */
export type ManagerId = Pick<Manager, 'name' | 'operation' | 'apiVersion' | 'subresource'>;

/** By identity. */
export type Managers = ReadonlyMap<string, Manager>;

export const NO_MANAGERS: Managers = new Map();

/** The identity of a manager as a text, in the order that Kubernetes sorts by. */
export function managerKey({ name, operation, apiVersion, subresource }: ManagerId): string {
  const version = operation === 'Apply' ? undefined : apiVersion;
  return JSON.stringify({ manager: name, operation, apiVersion: version, subresource: subresource === '' ? undefined : subresource });
}

/**
 * Reads metadata.managedFields.
 * @throws SyntaxError for entries that are none
 */
export function decodeManagers(entries: unknown): Managers {
  if (entries === undefined || entries === null) return NO_MANAGERS;
  if (!Array.isArray(entries)) throw new SyntaxError('managedFields is no list');
  const managers = entries.map(decodeEntry);
  return new Map(managers.map((manager) => [managerKey(manager), manager]));
}

function decodeEntry(entry: unknown): Manager {
  if (!isObject(entry)) throw new SyntaxError('an entry is no map');
  const operation = getOwn(entry, 'operation');
  if (operation !== 'Apply' && operation !== 'Update') throw new SyntaxError('operation must be `Apply` or `Update`');
  const [apiVersion, time] = [text(entry, 'apiVersion'), text(entry, 'time')];
  if (apiVersion === '') throw new SyntaxError('apiVersion must not be empty');
  if (getOwn(entry, 'fieldsType') !== 'FieldsV1') throw new SyntaxError('fieldsType must be `FieldsV1`');
  return {
    name: text(entry, 'manager'),
    operation,
    apiVersion,
    subresource: text(entry, 'subresource'),
    time: time === '' ? undefined : time,
    set: decodeFields(getOwn(entry, 'fieldsV1') ?? {}),
  };
}

function text(entry: JsonObject, key: string): string {
  const value = getOwn(entry, key) ?? '';
  if (typeof value !== 'string') throw new SyntaxError(`${key} is no string`);
  return value;
}

/** metadata.managedFields of these managers; undefined for none. Those who apply come first, then by time. */
export function encodeManagers(managers: Managers): JsonObject[] | undefined {
  if (managers.size === 0) return undefined;
  return [...managers.values()].sort(compareManagers).map(({ name, operation, apiVersion, subresource, time, set }) => ({
    ...(name === '' ? {} : { manager: name }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFields(set),
    ...(subresource === '' ? {} : { subresource }),
  }));
}

function compareManagers(a: Manager, b: Manager): number {
  return (
    compareTexts(a.operation, b.operation) ||
    secondsOf(a) - secondsOf(b) ||
    compareTexts(a.name, b.name) ||
    compareTexts(a.apiVersion, b.apiVersion) ||
    compareTexts(a.subresource, b.subresource)
  );
}

/** When a manager last changed something, in seconds; 0 when nobody knows. */
export function secondsOf({ time }: Manager): number {
  const milliseconds = time === undefined ? NaN : Date.parse(time);
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000);
}

export function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Whether a client asks to forget who owns what: an empty list, or one of an empty entry. */
export function isReset(entries: unknown): boolean {
  if (!Array.isArray(entries)) return false;
  return entries.length === 0 || (entries.length === 1 && isObject(entries[0]) && Object.keys(entries[0]).length === 0);
}
