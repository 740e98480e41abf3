import { isRecord } from '../protocol/message.ts';
import { maskAt } from './masks.ts';

/** One field that is not as it was recorded. */
export interface Difference {
  /** Such as `content.spec.nodeName`, `header.parent_msg_id`. */
  readonly path: string;
  /** Absent: it should not be there. */
  readonly expected?: unknown;
  /** Absent: it is not there. */
  readonly got?: unknown;
}

/** Which recorded uid stands for which of this run. One for one, or an object was mistaken for another. */
export class Uids {
  readonly #forward = new Map<string, string>();
  readonly #back = new Map<string, string>();
  readonly #areTheSame: boolean;

  /** `areTheSame`: to an edge the kit speaks of the recorded objects themselves. */
  constructor(areTheSame = false) {
    this.#areTheSame = areTheSame;
  }

  /** False when either has another partner already. */
  pair(recorded: string, live: string): boolean {
    if (this.#areTheSame) return recorded === live;
    const known = this.#forward.get(recorded) ?? live;
    const back = this.#back.get(live) ?? recorded;
    if (known !== live || back !== recorded) return false;
    this.#forward.set(recorded, live);
    this.#back.set(live, recorded);
    return true;
  }
}

/** Every field in which a message differs from the recorded one, masked values apart. JSON in a string is compared as what it says. */
export function differencesOf(expected: unknown, got: unknown, uids: Uids = new Uids()): Difference[] {
  return compare('', expected, got, uids);
}

function compare(path: string, expected: unknown, got: unknown, uids: Uids): Difference[] {
  if (expected === undefined && got === undefined) return [];
  if (isMasked(path, expected, got, uids)) return [];
  const [parsed, other] = [jsonIn(expected), jsonIn(got)];
  if (parsed !== undefined && other !== undefined) return compare(path, parsed, other, uids);
  if (Array.isArray(expected) && Array.isArray(got)) return compareLists(path, expected as unknown[], got as unknown[], uids);
  if (isRecord(expected) && isRecord(got)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(got)]);
    return [...keys].flatMap((key) => compare(path === '' ? key : `${path}.${key}`, expected[key], got[key], uids));
  }
  if (expected === got) return [];
  return [{ path, ...(expected !== undefined && { expected }), ...(got !== undefined && { got }) }];
}

function compareLists(path: string, expected: readonly unknown[], got: readonly unknown[], uids: Uids): Difference[] {
  const length = Math.max(expected.length, got.length);
  return Array.from({ length }, (_, index) => compare(`${path}[${index}]`, expected[index], got[index], uids)).flat();
}

function isMasked(path: string, expected: unknown, got: unknown, uids: Uids): boolean {
  const mask = maskAt(path);
  if (mask === undefined) return false;
  const present = [expected, got].filter((value) => value !== undefined);
  if (present.length < 2 && mask.optional !== true) return false;
  const { form } = mask;
  if (form === undefined) return present.length < 2;
  if (!present.every((value) => form(value))) return false;
  return !path.endsWith('.uid') || uids.pair(String(expected), String(got));
}

/** Patches and reports travel as JSON in a string. */
function jsonIn(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[{[]/.test(value)) return undefined;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}
