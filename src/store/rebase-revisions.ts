import { controlPlaneMigrations } from './controlplane-schema.ts';
import { openDatabase } from './database.ts';

/** By how much revisions go up at least, as in etcd's restore: more than any control plane makes between a backup and its restore. */
const LEAP = 1_000_000_000;
/**
 * And they are not below what the clock says: one backup may be restored again and again, and each time what the restored control plane has
 * handed out since must be older. Nobody writes as fast as that; they have 15 digits until the year 2286.
 */
const PER_MS = 100;

/** What a database holds that was rebased. */
export interface Rebased {
  readonly objects: number;
  readonly revision: number;
}

/**
 * Makes a control plane's database of an earlier time one that can go on: every object gets a revision that is newer than any that was ever
 * handed out, so that watches begin anew and nobody takes an object for older than what it has; and what edges have acknowledged since is
 * in doubt (KubeEdge wire format, ObjectSync of version 0), so that everything is sent to them again.
 * @throws KedgeError, see openDatabase
 */
export function rebaseRevisions(path: string, now: number): Rebased {
  const db = openDatabase(path, controlPlaneMigrations);
  try {
    return db.transaction(() => {
      const newest = db.prepare('SELECT COALESCE(MAX(revision), 0) FROM changes').pluck().get() as number;
      const base = Math.max(newest + LEAP, now * PER_MS);
      // Numbers are bound as REAL: without the cast, versions would read `1000000001.0`.
      const { changes: objects } = db
        .prepare(
          `UPDATE objects SET json = json_set(json, '$.metadata.resourceVersion', CAST(CAST(? AS INTEGER) + place AS TEXT))
           FROM (SELECT resource AS r, namespace AS ns, name AS n, ROW_NUMBER() OVER (ORDER BY resource, namespace, name) AS place FROM objects)
           WHERE resource = r AND namespace = ns AND name = n`,
        )
        .run(base);
      db.prepare(
        `UPDATE objects SET json = json_set(json, '$.status.objectResourceVersion', '0')
         WHERE resource IN ('objectsyncs.reliablesyncs.kubeedge.io', 'clusterobjectsyncs.reliablesyncs.kubeedge.io')
           AND json_extract(json, '$.status.objectResourceVersion') IS NOT NULL`,
      ).run();
      const revision = base + objects;
      db.prepare('DELETE FROM changes').run();
      // The newest change tells which revision comes next; this one is of no resource.
      db.prepare(
        `INSERT INTO changes (revision, bytes, resource, type, namespace, name, json) VALUES (?, 2, '', 'MODIFIED', '', '', '{}')`,
      ).run(revision);
      return { objects, revision };
    })();
  } finally {
    db.close();
  }
}
