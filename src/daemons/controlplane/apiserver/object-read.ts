import type { KubeList, KubeObject } from '../../../protocol/kubernetes.ts';
import type { StoredObject } from '../../../store/kube-objects.ts';
import { apiVersionOf } from '../../../protocol/kubernetes.ts';
import { keyOf, type ApiContext, type Target } from './api-context.ts';
import { present } from './decode.ts';
import { parseFieldSelector, type ObjectPredicate } from './field-selector.ts';
import { parseLabelSelector } from './label-selector.ts';
import { badRequest, expired, notFound, tooLargeResourceVersion } from './status-error.ts';

export interface Selection {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface ListQuery extends Selection {
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: string | undefined;
}

/** A list whose items nobody has parsed yet. */
export type StoredList = Omit<KubeList, 'items'> & { readonly items: readonly StoredObject[] };

/** Where a list goes on: what a `continue` token says. */
interface Position {
  readonly revision: number;
  readonly namespace: string;
  readonly name: string;
}

const TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.';

/** GET of one object. @throws StatusError */
export function getObject(context: ApiContext, target: Target, resourceVersion?: string): KubeObject {
  awaitRevision(context, resourceVersion);
  const stored = context.store.get(keyOf(target));
  if (stored === undefined) throw notFound(target.entry.resource, target.name);
  return present(target.entry, stored);
}

/** GET of a collection, in pages when `limit` is set; every page shows the state of the first. @throws StatusError */
export function listObjects(context: ApiContext, target: Target, query: ListQuery): KubeList {
  const { items, ...list } = listStored(context, target, query);
  return { ...list, items: items.map(({ object }) => present(target.entry, object)) };
}

/** As `listObjects`, with the items as they are stored. @throws StatusError */
export function listStored(context: ApiContext, target: Target, query: ListQuery): StoredList {
  const { entry, namespace } = target;
  const { store } = context;
  const { resource } = keyOf(target);
  const isSelected = query.labelSelector || query.fieldSelector || target.name;
  const matches = isSelected ? selection(target, query) : undefined;
  const after = query.continue ? readContinue(query.continue, namespace) : undefined;
  const revision = after?.revision ?? listRevision(context, query);
  if (revision < store.oldestRevision) throw expired(after === undefined ? tooOld(revision, store.oldestRevision) : TOO_OLD);
  const range = { namespace: namespace || undefined, after, revision };
  const { page, last, isCut } = takePage(store.listStored(resource, range), matches, query.limit || Infinity);
  const metadata: KubeList['metadata'] = { resourceVersion: String(revision) };
  if (isCut && last !== undefined) {
    const next: Position = { revision, namespace: last.namespace, name: last.name };
    metadata.continue = Buffer.from(JSON.stringify(next)).toString('base64url');
    if (!query.labelSelector && !query.fieldSelector) metadata.remainingItemCount = store.count(resource, { ...range, after: next });
  }
  return { kind: entry.listKind, apiVersion: apiVersionOf(entry.resource), metadata, items: page };
}

/** The first objects that match, and whether more do. */
function takePage(objects: Iterable<StoredObject>, matches: ObjectPredicate | undefined, limit: number) {
  const page: StoredObject[] = [];
  for (const stored of objects) {
    if (matches?.(stored.object) === false) continue;
    if (page.length === limit) return { page, last: page.at(-1), isCut: true };
    page.push(stored);
  }
  return { page, last: page.at(-1), isCut: false };
}

/** What the selectors, and the target's name if it has one, let through. @throws StatusError 400 */
export function selection(
  { entry, name }: Pick<Target, 'entry' | 'name'>,
  { labelSelector = '', fieldSelector = '' }: Selection,
): ObjectPredicate {
  const labels = parseLabelSelector(labelSelector);
  const fields = parseFieldSelector(fieldSelector, entry.fields);
  return (object) => (name === '' || object.metadata.name === name) && labels(object.metadata.labels ?? {}) && fields(object);
}

/** Reads a resourceVersion; 0 for '' and '0'. @throws StatusError 400 */
export function parseRevision(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`);
  return Number(text);
}

export function tooOld(asked: number, oldest: number): string {
  return `too old resource version: ${asked} (${oldest})`;
}

function listRevision(context: ApiContext, { resourceVersion, resourceVersionMatch }: ListQuery): number {
  const asked = awaitRevision(context, resourceVersion);
  return resourceVersionMatch === 'Exact' && asked > 0 ? asked : context.store.revision;
}

function awaitRevision({ store }: ApiContext, text: string | undefined): number {
  const asked = parseRevision(text);
  if (asked > store.revision) throw tooLargeResourceVersion(asked, store.revision);
  return asked;
}

/** Where it was given out, it is in the namespace that is listed: rights are those of that one. */
function readContinue(token: string, within: string): Position {
  try {
    const { revision, namespace, name } = JSON.parse(Buffer.from(token, 'base64url').toString()) as Record<string, unknown>;
    const isWithin = typeof namespace === 'string' && (within === '' || namespace === within);
    if (Number.isSafeInteger(revision) && isWithin && typeof name === 'string') {
      return { revision: Number(revision), namespace, name };
    }
  } catch {
    // Whatever it is, it is not a token of ours.
  }
  throw badRequest('continue key is not valid');
}
