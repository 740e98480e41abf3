/**
 * KubeEdge reference, SQLite tables: `device`, `device_attr` and `device_twin` are KubeEdge's (no cloud from 1.14 on sends attributes,
 * so `device_attr` stays empty; it is there for tools that read an edge's database). Of our own are `device_origin` and
 * `device_property`, what the cloud last asked for, and `outbox`, which twins and states the cloud has not confirmed.
 */
export const DEVICE_TABLES = `
CREATE TABLE device (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT '',
  last_online TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE device_attr (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  deviceid TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  value TEXT NOT NULL DEFAULT '',
  optional INTEGER NOT NULL DEFAULT 0,
  attr_type TEXT NOT NULL DEFAULT '',
  metadata TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX device_attr_name ON device_attr (deviceid, name);
CREATE TABLE device_twin (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  deviceid TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  expected TEXT NOT NULL DEFAULT '',
  actual TEXT NOT NULL DEFAULT '',
  expected_meta TEXT NOT NULL DEFAULT '',
  actual_meta TEXT NOT NULL DEFAULT '',
  expected_version TEXT NOT NULL DEFAULT '',
  actual_version TEXT NOT NULL DEFAULT '',
  optional INTEGER NOT NULL DEFAULT 0,
  attr_type TEXT NOT NULL DEFAULT '',
  metadata TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX device_twin_name ON device_twin (deviceid, name);
CREATE TABLE device_origin (
  deviceid TEXT PRIMARY KEY,
  cloud_id TEXT NOT NULL,
  uid TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE device_property (
  deviceid TEXT NOT NULL,
  name TEXT NOT NULL,
  desired TEXT,
  type TEXT NOT NULL,
  refusal TEXT,
  PRIMARY KEY (deviceid, name)
) WITHOUT ROWID;
CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  deviceid TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL
);
CREATE UNIQUE INDEX outbox_row ON outbox (deviceid, kind, name);
`;

/** `settled`: the cloud has confirmed a report of this property, so that it has a place for it. */
export const SETTLED_PROPERTIES = 'ALTER TABLE device_property ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;';
