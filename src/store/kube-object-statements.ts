import type { Database } from './database.ts';

/** Rows of objects: bytes, which most readers of a list pass on as they are. */
const ROW = 'namespace, name, CAST(json AS BLOB) AS json';
const ALL = 'FROM objects WHERE resource = @resource AND (namespace, name) > (@namespace, @name)';
const OF_NAMESPACE = 'FROM objects WHERE resource = @resource AND namespace = @namespace AND name > @name';

/** The SQL of KubeObjectStore. */
export function prepareStatements(db: Database) {
  return {
    get: db.prepare('SELECT json FROM objects WHERE resource = ? AND namespace = ? AND name = ?').pluck(),
    put: db.prepare(
      'INSERT INTO objects (resource, namespace, name, json) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET json = excluded.json',
    ),
    remove: db.prepare('DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?'),
    page: db.prepare(`SELECT ${ROW} ${ALL} ORDER BY namespace, name LIMIT @limit`).raw(),
    pageOfNamespace: db.prepare(`SELECT ${ROW} ${OF_NAMESPACE} ORDER BY name LIMIT @limit`).raw(),
    count: db.prepare(`SELECT COUNT(*) ${ALL}`).pluck(),
    countOfNamespace: db.prepare(`SELECT COUNT(*) ${OF_NAMESPACE}`).pluck(),
    counts: db.prepare('SELECT resource, COUNT(*) FROM objects GROUP BY resource'),
    mentioning: db.prepare(
      'SELECT * FROM objects WHERE EXISTS (SELECT 1 FROM json_each(?) AS text WHERE instr(objects.json, text.value) > 0)',
    ),
    log: db.prepare(
      'INSERT INTO changes (revision, bytes, resource, type, namespace, name, json, previous) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    changesAfter: db.prepare('SELECT * FROM changes WHERE resource = ? AND revision > ? ORDER BY revision'),
    firstChanges: db.prepare(
      `SELECT MIN(revision), namespace, name, CAST(previous AS BLOB) AS json FROM changes WHERE resource = ? AND revision > ?
       GROUP BY namespace, name ORDER BY namespace, name`,
    ),
    oldestChanges: db.prepare('SELECT revision, bytes FROM changes ORDER BY revision LIMIT ?'),
    forgetChange: db.prepare('DELETE FROM changes WHERE revision = ?'),
    extent: db.prepare(
      'SELECT COALESCE(MAX(revision), 0) AS revision, COALESCE(MIN(revision), 1) AS oldest, COALESCE(SUM(bytes), 0) AS bytes FROM changes',
    ),
  };
}
