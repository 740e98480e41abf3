import type { SchemaNode } from '../../../src/daemons/controlplane/apiserver/schema/schema-node.ts';
import { nastyValue } from './mutate.ts';
import type { Random } from './random.ts';

const WORDS = [
  'a',
  'b',
  'http',
  'default',
  'TCP',
  'Always',
  'Exists',
  '1',
  '1Gi',
  '10.1.1.1',
  '2024-01-02T03:04:05Z',
  'x.io/a',
  '/p',
  'YQ==',
];
const MAX_DEPTH = 9;

/** Something of the form that a schema names, with a part of its fields, and now and then with what fits not. */
export function sample(node: SchemaNode | undefined, random: Random, depth = 0): unknown {
  if (node === undefined || random.once(60)) return nastyValue(random);
  if (depth > MAX_DEPTH) return random.once(2) ? null : {};
  if (node.enum !== undefined) return random.of(node.enum);
  if (node.properties !== undefined) {
    const names = Object.keys(node.properties);
    const wanted = Math.max(1, Math.ceil(4 - depth / 2));
    const chosen = new Set([...(node.required ?? []), ...Array.from({ length: wanted }, () => random.of(names))]);
    return Object.fromEntries([...chosen].map((name) => [name, sample(node.properties?.[name], random, depth + 1)]));
  }
  if (node.items !== undefined) return Array.from({ length: random.below(3) }, () => sample(node.items, random, depth + 1));
  if (typeof node.additionalProperties === 'object') return { [random.of(WORDS)]: sample(node.additionalProperties, random, depth + 1) };
  if (node.type === 'integer' || node.type === 'number') return random.of([0, 1, 2, 80, 1000]);
  if (node.type === 'boolean') return random.once(2);
  return node.type === 'string' ? random.of(WORDS) : random.once(2) ? {} : random.of(WORDS);
}
