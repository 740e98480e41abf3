import { apiVersionOf } from '../../../../protocol/kubernetes.ts';
import type { StoredObject } from '../../../../store/kube-objects.ts';
import { present } from '../decode.ts';
import type { StoredList } from '../object-read.ts';
import { shapeList, withoutKind, type Shaping } from './represent.ts';

const OPEN = Buffer.from('{');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']}\n');

/** What answers a list: where it is stored as it is shown, its bytes, joined and not parsed. */
export function listBody({ items, ...list }: StoredList, shaping: Shaping, mediaType: string): unknown {
  const { entry, as } = shaping;
  if (mediaType !== 'application/json' || as !== undefined || entry.custom !== undefined || entry.form !== undefined) {
    return shapeList({ ...list, items: items.map(({ object }) => present(entry, object)) }, shaping);
  }
  // Items of built-in kinds carry no apiVersion and kind; the store puts them first.
  const head = Buffer.from(`${JSON.stringify({ apiVersion: apiVersionOf(entry.resource), kind: entry.resource.kind }).slice(0, -1)},`);
  const parts: Buffer[] = [Buffer.from(`${JSON.stringify(list).slice(0, -1)},"items":[`)];
  for (const item of items) parts.push(...itemParts(item, head), COMMA);
  if (items.length > 0) parts.pop();
  return Buffer.concat([...parts, CLOSE]);
}

function itemParts(item: StoredObject, head: Buffer): Buffer[] {
  const { json } = item;
  const isPlain = json.subarray(0, head.length).equals(head);
  return isPlain ? [OPEN, json.subarray(head.length)] : [Buffer.from(JSON.stringify(withoutKind(item.object)))];
}
