/** The tables of the first version. */

/**
 * Times are epoch ms. Texts that come from watched programs or configuration files are stored as data only; there is
 * no column for argument lists, environments, headers or URL paths, so none can be stored by mistake.
 *
 * `contact` is a dictionary: one way in which one process of an instance dealt with one destination. A connection is
 * then a few integers, and a report groups thousands of contacts in place of hundreds of thousands of connections.
 * An open row (closed_at, ended_at or to_at NULL) was last seen at the heartbeat: a quiet tick writes nothing else.
 */
export const FIRST = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE server (
  id TEXT PRIMARY KEY,
  client TEXT NOT NULL,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  scope TEXT NOT NULL,
  transport TEXT NOT NULL,
  disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),
  configured INTEGER NOT NULL CHECK (configured IN (0, 1)),
  package_ecosystem TEXT,
  package_name TEXT,
  package_version TEXT,
  expectation TEXT NOT NULL,
  expectation_source TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE instance (
  id TEXT PRIMARY KEY,
  root TEXT NOT NULL,
  root_pid INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  ended_at INTEGER,
  client TEXT,
  client_pid INTEGER,
  quality TEXT NOT NULL,
  reasons TEXT NOT NULL CHECK (json_valid(reasons)),
  judged INTEGER NOT NULL CHECK (judged IN (0, 1)),
  orphaned INTEGER NOT NULL CHECK (orphaned IN (0, 1)),
  package_ecosystem TEXT,
  package_name TEXT,
  package_version TEXT,
  binary TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX instance_open ON instance (id) WHERE ended_at IS NULL;
CREATE INDEX instance_ended ON instance (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE instance_server (
  instance_id TEXT NOT NULL,
  server_id TEXT NOT NULL,
  PRIMARY KEY (instance_id, server_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX instance_server_server ON instance_server (server_id);

CREATE TABLE destination (
  id INTEGER PRIMARY KEY,
  protocol TEXT NOT NULL,
  address TEXT NOT NULL,
  zone TEXT NOT NULL,
  port INTEGER NOT NULL,
  direction TEXT NOT NULL,
  UNIQUE (address, port, protocol, direction, zone)
) STRICT;

CREATE TABLE name (
  destination_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (destination_id, name, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE contact (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  instance_id TEXT NOT NULL,
  server_id TEXT NOT NULL,
  destination_id INTEGER NOT NULL,
  scope TEXT NOT NULL,
  traffic_class TEXT NOT NULL,
  verdict TEXT NOT NULL,
  reason TEXT NOT NULL,
  relayed INTEGER NOT NULL CHECK (relayed IN (0, 1)),
  inherited INTEGER NOT NULL CHECK (inherited IN (0, 1)),
  outcome TEXT NOT NULL,
  owner_process TEXT,
  owner_pid INTEGER,
  owner_role TEXT,
  owner_executable TEXT,
  candidates TEXT NOT NULL CHECK (json_valid(candidates))
) STRICT;
CREATE INDEX contact_instance ON contact (instance_id);

CREATE TABLE connection (
  id TEXT NOT NULL UNIQUE,
  contact_id INTEGER NOT NULL,
  netns TEXT NOT NULL,
  local_address TEXT NOT NULL,
  local_zone TEXT,
  local_port INTEGER NOT NULL,
  remote_port INTEGER NOT NULL,
  inode INTEGER,
  opened_before INTEGER NOT NULL CHECK (opened_before IN (0, 1)),
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  closed_at INTEGER
) STRICT;
CREATE INDEX connection_open ON connection (contact_id, first_seen, closed_at)
  WHERE closed_at IS NULL;
CREATE INDEX connection_closed ON connection (last_seen, first_seen, closed_at, contact_id)
  WHERE closed_at IS NOT NULL;

CREATE TABLE finding (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  severity TEXT NOT NULL,
  server_id TEXT NOT NULL,
  protocol TEXT,
  address TEXT,
  port INTEGER,
  scope TEXT,
  pid INTEGER,
  role TEXT,
  executable TEXT,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  count INTEGER NOT NULL,
  explanation TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX finding_last_seen ON finding (last_seen);

CREATE TABLE gap (
  id INTEGER PRIMARY KEY,
  from_at INTEGER NOT NULL,
  to_at INTEGER NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE INDEX gap_to ON gap (to_at);

CREATE TABLE engine_run (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  interval_ms INTEGER,
  recall REAL NOT NULL,
  from_at INTEGER NOT NULL,
  to_at INTEGER
) STRICT;

CREATE TABLE degraded (
  id INTEGER PRIMARY KEY,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  from_at INTEGER NOT NULL,
  to_at INTEGER
) STRICT;
CREATE INDEX degraded_code ON degraded (code, to_at);

CREATE TABLE not_observed (
  id INTEGER PRIMARY KEY,
  server_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  from_at INTEGER NOT NULL,
  to_at INTEGER
) STRICT;
CREATE INDEX not_observed_server ON not_observed (server_id, reason, to_at);

CREATE TABLE connection_count (
  minute INTEGER PRIMARY KEY,
  owned INTEGER NOT NULL,
  foreign_owned INTEGER NOT NULL,
  unknown INTEGER NOT NULL
) STRICT;

CREATE TABLE diagnostic (
  id INTEGER PRIMARY KEY,
  client TEXT NOT NULL,
  file TEXT NOT NULL,
  line INTEGER,
  column_number INTEGER,
  message TEXT NOT NULL
) STRICT;
`
