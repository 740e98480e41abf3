import { matchSnapshot, snapshotPath } from './snapshot.ts';

/** Fields whose values differ from run to run; their shape is kept. */
const CHANGING =
  /^(uid|resourceVersion|pid|id|token|ms|\w+Ms|ports?|\S*[vV]ersion|facts|capacity|allocatable|nodeInfo|addresses|kubeconfig|readings|script|queue[ds]|\w*[pP]erSecond|\w+Bytes|sent|confirmed|up|down|p50|p95|max|objects)$/;
const STABLE = /^apiVersion$/;
/** Of which there may be none. */
const LUCK = /^lastErrors$/;

const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/g, '<time>'],
  [/\b1\d{12}\b/g, '<milliseconds>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid>'],
  [/\b[0-9a-f]{64}\.eyJ[\w.-]+/g, '<token>'],
  [/\b[0-9a-f]{16,}\b/g, '<hex>'],
  [/\b(127\.0\.0\.1|localhost|0\.0\.0\.0):\d{2,5}\b/g, '$1:<port>'],
  [/\bprocess \d+\b/g, 'process <pid>'],
  [/^(amd64|arm64|arm)$/g, '<arch>'],
];

/**
 * Compares the JSON of a command with test/snapshots/results. Keys are sorted; times, ids, ports, processes, versions and the home are
 * masked, the rest must be as it was.
 * @param words the command without its arguments: `device list`
 */
export function pinResult(words: string, stdout: string, home?: string): void {
  const masked = maskValue(JSON.parse(stdout), home);
  matchSnapshot(snapshotPath('results', words, 'json'), JSON.stringify(masked, undefined, 2));
}

function maskValue(value: unknown, home: string | undefined): unknown {
  if (typeof value === 'string') return maskText(value, home);
  if (Array.isArray(value)) return value.map((element) => maskValue(element, home));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([key, inner]) => [
      key,
      LUCK.test(key) ? '<list>' : CHANGING.test(key) && !STABLE.test(key) ? shapeOf(inner) : maskValue(inner, home),
    ]),
  );
}

function maskText(text: string, home: string | undefined): string {
  const homeless = home === undefined ? text : text.replaceAll(home, '<home>');
  return TEXTS.reduce((masked, [pattern, name]) => masked.replace(pattern, name), homeless);
}

/** Kinds in place of values; of a list its first element, for its length differs, too. */
function shapeOf(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value === null ? '<null>' : `<${typeof value}>`;
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, shapeOf(inner)]));
}
