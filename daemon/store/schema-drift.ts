/** The tables of what the clients' configuration was and became: see shared/model/drift.ts. */

/** Key in `meta` of when entries began to be compared. */
export const COMPARED_SINCE_KEY = 'compared_since'

/** Text for showing and keyed digests; nothing else of a configuration is kept. */
export const DRIFT = `
CREATE TABLE server_print (
  server_id TEXT PRIMARY KEY,
  present INTEGER NOT NULL CHECK (present IN (0, 1)),
  first_seen INTEGER NOT NULL,
  arrived_since INTEGER,
  arrived_at INTEGER,
  transport TEXT NOT NULL,
  command TEXT,
  program TEXT NOT NULL,
  package TEXT,
  version TEXT,
  url TEXT,
  whole TEXT NOT NULL,
  disabled INTEGER NOT NULL CHECK (disabled IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE TABLE server_change (
  id INTEGER PRIMARY KEY,
  server_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  field TEXT,
  from_text TEXT,
  to_text TEXT,
  since INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX server_change_server ON server_change (server_id, at);
CREATE INDEX server_change_at ON server_change (at);
`
