import type { Migrations } from './database.ts';
import { DEVICE_TABLES, SETTLED_PROPERTIES } from './device-schema.ts';
import { MAPPER_TABLES } from './mapper-schema.ts';
import { MQTT_ACCOUNT_TABLES, MQTT_SESSION_TABLES } from './mqtt-schema.ts';
import { TWIN_HISTORY_TABLE } from './twin-history.ts';

/** KubeEdge reference, SQLite tables: `meta` holds objects as they travelled, key `namespace/type/name`. */
const META_TABLE = `
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  value TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX meta_type ON meta (type);
`;

/** KubeEdge reference, SQLite tables (columns as of 1.23): `meta_v2` holds the same objects under their API path. */
const META_V2_TABLE = `
CREATE TABLE meta_v2 (
  key TEXT PRIMARY KEY,
  group_version_resource TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  resource_version INTEGER NOT NULL,
  value TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX meta_v2_resource ON meta_v2 (group_version_resource, namespace);
`;

/** One row: by what the cloud knows this database from one that takes its place. */
const STORE_ID_TABLE = `
CREATE TABLE store_id (id TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO store_id (id) VALUES (lower(hex(randomblob(16))));
`;

/** The edge's database, oldest first; released entries are never edited. */
export const EDGE_MIGRATIONS: Migrations = [
  META_TABLE,
  META_V2_TABLE,
  DEVICE_TABLES,
  MQTT_SESSION_TABLES,
  MQTT_ACCOUNT_TABLES,
  STORE_ID_TABLE,
  SETTLED_PROPERTIES,
  MAPPER_TABLES,
  TWIN_HISTORY_TABLE,
];
