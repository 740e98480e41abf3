/** The mappers that have registered over DMI, and what each has been told of, so that a restart tells nobody anything twice. */
export const MAPPER_TABLES = `
CREATE TABLE mapper (
  address TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  protocol TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE mapper_told (
  address TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (address, kind, id)
) WITHOUT ROWID;
`;
