import { isRecord } from '../protocol/message.ts';
import type { Difference } from './differences.ts';
import type { Recording } from './recording.ts';
import type { Subject } from './subject.ts';

type Fields = Record<string, unknown>;

/** True when what kedge has at this place, if it has something, is of the form of a twin, with a value that somebody had set. */
export function isSoundField({ recording }: Subject, { path, got }: Difference = { path: '' }): boolean {
  const [, part, name = '', tail = ''] = /(?:payload|content)\.(twin|delta)\.([\w-]+)(.*)$/.exec(path) ?? [];
  if (recording === undefined) return false;
  const twins = Twins.of(recording, name);
  if (path.endsWith('event_id')) return got === '' || isEventId(got, recording);
  if (got === undefined) return tail === '';
  return part === 'delta' ? twins.wasSet(got) : isSoundPart(twins, tail.split('.').at(-1) ?? '', got);
}

/** `key` below the name of the property; empty for all of it. */
function isSoundPart(twins: Twins, key: string, got: unknown): boolean {
  if (key === '') return twins.isTwin(got) || twins.isChange(got);
  if (key === 'last' || key === 'current') return twins.isTwin(got);
  if (key === 'expected' || key === 'actual') return twins.isValue(got);
  if (key === 'value') return twins.wasSet(got);
  if (key.endsWith('_version')) return isVersion(got);
  return key === 'optional' ? typeof got === 'boolean' : Number.isInteger(got);
}

/** True when this report, document or delta is complete, and tells values that somebody had set. */
export function isSoundTwinMessage({ message: { content }, recording }: Subject): boolean {
  const told = parsed(content);
  if (!isRecord(told) || recording === undefined || !isRecord(told['twin'])) return false;
  const { event_id: id, timestamp, twin, delta, ...rest } = told;
  const isWhole = Object.keys(rest).length === 0 && isTime(timestamp) && (id === '' || isEventId(id, recording));
  const entries = Object.entries(twin);
  const isRight = ([name, entry]: [string, unknown]): boolean => {
    const twins = Twins.of(recording, name);
    return twins.isTwin(entry) || twins.isChange(entry);
  };
  return isWhole && entries.length > 0 && entries.every(isRight) && isDeltaOf(twin, delta);
}

/** A delta names what is expected of just these twins. */
function isDeltaOf(twin: Fields, delta: unknown): boolean {
  if (delta === undefined) return true;
  if (!isRecord(delta)) return false;
  return Object.entries(delta).every(([name, value]) => {
    const entry = twin[name];
    return isRecord(entry) && isRecord(entry['expected']) && entry['expected']['value'] === value;
  });
}

/** What was recorded of the twins of one property. */
class Twins {
  /** A recording does not change once it is read. */
  static readonly #known = new WeakMap<Recording, Map<string, Twins>>();
  readonly #values = new Set<unknown>();
  readonly #types = new Set<unknown>();

  static of(recording: Recording, name: string): Twins {
    const known = Twins.#known.get(recording) ?? new Map<string, Twins>();
    const twins = known.get(name) ?? new Twins(recording, name);
    Twins.#known.set(recording, known.set(name, twins));
    return twins;
  }

  private constructor({ frames, mqtt }: Recording, name: string) {
    const all = [...frames.map(({ message }) => message.content), ...mqtt.map(({ payload }) => payload)];
    for (const content of all) this.#learn(parsed(content), name);
  }

  wasSet(value: unknown): boolean {
    return this.#values.has(value);
  }

  isValue(value: unknown): boolean {
    if (!isRecord(value) || !isRecord(value['metadata'])) return false;
    return (
      hasKeys(value, ['value', 'metadata']) &&
      hasKeys(value['metadata'], ['timestamp']) &&
      isTime(value['metadata']['timestamp']) &&
      this.wasSet(value['value'])
    );
  }

  isTwin(entry: unknown): boolean {
    if (!isRecord(entry)) return false;
    const { expected, actual, optional, metadata, expected_version: wanted, actual_version: reported, ...rest } = entry;
    return (
      Object.keys(rest).length === 0 &&
      (expected !== undefined || actual !== undefined) &&
      [expected, actual].every((value) => value === undefined || this.isValue(value)) &&
      [wanted, reported].every((version) => version === undefined || isVersion(version)) &&
      typeof optional === 'boolean' &&
      isRecord(metadata) &&
      this.#types.has(metadata['type'])
    );
  }

  /** Of a document. */
  isChange(entry: unknown): boolean {
    return (
      isRecord(entry) &&
      hasKeys(entry, ['last', 'current']) &&
      ['last', 'current'].some((key) => entry[key] !== null) &&
      ['last', 'current'].every((key) => entry[key] === null || this.isTwin(entry[key]))
    );
  }

  /** Everything of the name `name` that has expected, actual or desired values, wherever it stands. */
  #learn(value: unknown, name: string): void {
    if (Array.isArray(value)) for (const item of value as unknown[]) this.#learn(item, name);
    if (!isRecord(value)) return;
    const own = value['name'] === name || value['propertyName'] === name ? value : value[name];
    if (isRecord(own)) this.#note(own);
    for (const item of Object.values(value)) if (typeof item === 'object') this.#learn(item, name);
  }

  #note(entry: Fields): void {
    for (const place of [entry, entry['last'], entry['current']]) {
      if (!isRecord(place)) continue;
      for (const key of ['expected', 'actual', 'desired']) {
        const value = place[key];
        if (isRecord(value) && 'value' in value) this.#values.add(value['value']);
      }
      const { metadata, type } = place;
      // Of a model of v1beta1.
      if (typeof type === 'string') this.#types.add(type.toLowerCase());
      if (isRecord(metadata) && typeof metadata['type'] === 'string') this.#types.add(metadata['type']);
    }
  }
}

function hasKeys(value: Fields, keys: readonly string[]): boolean {
  return Object.keys(value).length === keys.length && keys.every((key) => key in value);
}

function isVersion(value: unknown): boolean {
  return isRecord(value) && hasKeys(value, ['cloud', 'edge']) && Object.values(value).every(Number.isInteger);
}

function isTime(value: unknown): boolean {
  return /^1\d{12}$/.test(String(value));
}

/** Made anew, or chosen by an application. */
function isEventId(value: unknown, { mqtt }: Recording): boolean {
  if (typeof value !== 'string' || value === '') return false;
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value) || mqtt.some(({ payload }) => payload.includes(`"event_id":"${value}"`));
}

function parsed(content: unknown): unknown {
  if (typeof content !== 'string') return content;
  try {
    return JSON.parse(content) as unknown;
  } catch {
    return undefined;
  }
}
