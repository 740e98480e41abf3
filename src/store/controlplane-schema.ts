import type { Migrations } from './database.ts';

/** The control plane's database: the current objects, and the changes that led to them within a window. */
export const controlPlaneMigrations: Migrations = [
  `CREATE TABLE objects (
     resource TEXT NOT NULL,
     namespace TEXT NOT NULL,
     name TEXT NOT NULL,
     json TEXT NOT NULL,
     PRIMARY KEY (resource, namespace, name)
   ) WITHOUT ROWID;
   CREATE TABLE changes (
     revision INTEGER PRIMARY KEY,
     bytes INTEGER NOT NULL,
     resource TEXT NOT NULL,
     type TEXT NOT NULL,
     namespace TEXT NOT NULL,
     name TEXT NOT NULL,
     json TEXT NOT NULL,
     previous TEXT
   );
   CREATE INDEX changes_by_resource ON changes (resource, revision);`,
  // With a rowid, for objects are large: without one, SQLite puts all beyond a quarter of a page of each on a page of its own, and reads take four times as long.
  `ALTER TABLE objects RENAME TO objects_1;
   CREATE TABLE objects (
     resource TEXT NOT NULL,
     namespace TEXT NOT NULL,
     name TEXT NOT NULL,
     json TEXT NOT NULL,
     PRIMARY KEY (resource, namespace, name)
   );
   INSERT INTO objects SELECT * FROM objects_1 ORDER BY resource, namespace, name;
   DROP TABLE objects_1;`,
];
