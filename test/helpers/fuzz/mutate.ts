import type { Random } from './random.ts';

type Container = Record<string, unknown> | unknown[];

const deep = (depth: number): unknown => Array.from({ length: depth }).reduce((inner) => ({ a: [inner] }), 1);

/** Keys that objects have without being given them, that JSON patches and directives give a meaning to, or that are long or strange. */
const KEYS = [
  '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '', ' ', '.', '/', '~', '~1', '0', '-1', 'length',
  '\u0000', '\ud800', '💡', 'ﷺ', 'a'.repeat(300), '$patch', '$retainKeys', '$setElementOrder/containers', '$deleteFromPrimitiveList/finalizers',
  '$ref', 'f:metadata', 'metadata', 'spec', 'status', 'name', 'kind', 'items', 'managedFields', 'deletionTimestamp', 'generateName',
  'ownerReferences', 'finalizers', 'labels', 'annotations', 'resourceVersion', 'uid', 'namespace',
]; // prettier-ignore

const VALUES: readonly unknown[] = [
  null, true, false, 0, -0, -1, 1, 0.5, 1e21, -1e308, 2 ** 31, 2 ** 53, '', ' ', 'a', '0', '-1', '1e400', 'true', 'null', '\u0000', '\ud800', '💡',
  'a\nb', '../..', '%2e', 'é', 'İ', 'ﬀ', '9'.repeat(400), 'x'.repeat(70_000), [], {}, [null], [[]], [{}], { '': '' }, ['a', 'a'], [1, 'a', null],
  { name: 'a' }, [{ name: 'a' }, { name: 'a' }], deep(10), deep(60), 'default', '1Gi', '1e3', '100m', '1E', '0x10', '50%', '1%%', '10.96.0.1', '::1',
  '2024-01-02T03:04:05Z', '0000-00-00T00:00:00Z', '99999-01-01T00:00:00Z', '2024-01-02', 'replace', 'delete', 'merge', '(?=x)', '(', '*', '$(A)', '{.a[*].b}',
  '.spec.replicas', 'YQ==', '=', 'system:masters', 'Exists', 'Always', ...KEYS,
]; // prettier-ignore

/** A value that should fit nowhere. */
export function nastyValue(random: Random): unknown {
  return structuredClone(random.of(VALUES));
}

function containers(root: unknown): Container[] {
  if (typeof root !== 'object' || root === null) return [];
  return [root as Container, ...Object.values(root).flatMap(containers)];
}

function set(container: Container, key: string, value: unknown): void {
  if (Array.isArray(container) && !/^\d{1,3}$/.test(key)) return;
  // As JSON.parse does it, also for `__proto__`.
  Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Changes one thing anywhere in a value; the value must be the caller's own. */
export function mutate(root: unknown, random: Random): unknown {
  const all = containers(root);
  if (all.length === 0 || random.once(60)) return nastyValue(random);
  const container = random.of(all);
  const keys = Object.keys(container);
  const key = keys.length === 0 ? random.of(KEYS) : random.of(keys);
  const value = Object.hasOwn(container, key) ? (container as Record<string, unknown>)[key] : null;
  switch (random.below(8)) {
    case 0:
      if (Array.isArray(container)) container.splice(Number(key) || 0, 1);
      else Reflect.deleteProperty(container, key);
      break;
    case 1:
      if (Array.isArray(container)) container.push(nastyValue(random));
      else set(container, random.of(KEYS), nastyValue(random));
      break;
    case 2:
      if (Array.isArray(container)) container.push(...structuredClone(container));
      else set(container, random.of(KEYS), structuredClone(value));
      break;
    case 3:
      set(container, key, random.once(2) ? [value] : { [random.of(KEYS)]: value });
      break;
    case 4:
      // What stands elsewhere in the same object has a form that something expects.
      set(container, key, structuredClone(random.of(all)));
      break;
    default:
      set(container, key, nastyValue(random));
  }
  return root;
}

/** JSON of a value; now and then with a key twice, a number that is none of JavaScript's, or cut off. */
export function brokenJson(value: unknown, random: Random): string {
  const text = JSON.stringify(value);
  switch (random.below(40)) {
    case 0:
      return text.replace(/\{("[^"]*":)/, (found, key: string) => `{${key}null,${found.slice(1)}`);
    case 1:
      return text.replace(/:(\d+)/, `:${random.of(['1e999', '-0', '1E5', '1.0', '01', '9'.repeat(400), '0.1e-400'])}`);
    case 2:
      return text.slice(0, random.below(text.length));
    case 3:
      return `\ufeff${text}`;
    default:
      return text;
  }
}
