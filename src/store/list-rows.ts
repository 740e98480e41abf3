import type { prepareStatements } from './kube-object-statements.ts';
import type { ListRange } from './kube-objects-types.ts';
import { compareKeys, mergeByKey, type Override } from './merge-by-key.ts';
import { StoredObject } from './stored-object.ts';

type Statements = Pick<ReturnType<typeof prepareStatements>, 'page' | 'pageOfNamespace' | 'firstChanges'>;

/** How many rows are read at once. */
export const PAGE = 500;

/** The objects of a resource in order of namespace and name: as they are, or as they were at `range.revision`. */
export function listRows(statements: Statements, resource: string, range: ListRange): Iterable<StoredObject> {
  const rows = pages(statements, resource, range);
  const undone = undoneSince(statements, resource, range);
  return undone.length === 0 ? rows : mergeByKey(rows, undone);
}

function* pages(statements: Statements, resource: string, { namespace, after }: ListRange): Generator<StoredObject> {
  const statement = namespace === undefined ? statements.page : statements.pageOfNamespace;
  let start = after ?? { namespace: namespace ?? '', name: '' };
  for (;;) {
    const rows = statement.all({ resource, namespace: start.namespace, name: start.name, limit: PAGE }) as [string, string, Buffer][];
    for (const [ofNamespace, name, json] of rows) yield new StoredObject(ofNamespace, name, json);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    start = { namespace: last[0], name: last[1] };
  }
}

/** What each object that changed since the revision was before; `stored` undefined when it was not there. In order of keys. */
function undoneSince(statements: Statements, resource: string, { namespace, after, revision }: ListRange): Override[] {
  if (revision === undefined) return [];
  const rows = statements.firstChanges.all(resource, revision) as { namespace: string; name: string; json: Buffer | null }[];
  return rows
    .filter((row) => namespace === undefined || row.namespace === namespace)
    .filter((row) => after === undefined || compareKeys(row, after) > 0)
    .map(({ json, ...key }) => ({ ...key, stored: json === null ? undefined : new StoredObject(key.namespace, key.name, json) }));
}
