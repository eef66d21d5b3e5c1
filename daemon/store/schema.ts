/** The database: its file name, its tables, and the steps from each version of it to the next. */

export const DATABASE_FILE = 'watch.db'

/** Key in `meta` of the wall time of the last committed tick: the heartbeat. */
export const LAST_TICK_KEY = 'last_tick_at'

/**
 * Times are epoch ms. Texts that come from watched programs or configuration files are stored as data only; there is
 * no column for argument lists, environments, headers or URL paths, so none can be stored by mistake.
 *
 * `contact` is a dictionary: one way in which one process of an instance dealt with one destination. A connection is
 * then a few integers, and a report groups thousands of contacts in place of hundreds of thousands of connections.
 * An open row (closed_at, ended_at or to_at NULL) was last seen at the heartbeat: a quiet tick writes nothing else.
 */
const FIRST = `
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

/**
 * What was decided about telling the user of each finding. Findings from before it existed count as dealt with: an
 * update must not tell of everything that was ever found.
 */
const DELIVERIES = `
CREATE TABLE delivery (
  finding_id TEXT PRIMARY KEY,
  server_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  severity TEXT NOT NULL,
  outcome TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO delivery (finding_id, server_id, kind, severity, outcome, at)
  SELECT id, server_id, kind, severity, 'quiet', last_seen FROM finding;
`

/** Where each server went, told coarsely; at most a few thousand rows a server (see MAX_KEYS of daemon/judge). */
const KNOWN_DESTINATIONS = `
CREATE TABLE known_destination (
  server_id TEXT NOT NULL,
  key TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  PRIMARY KEY (server_id, key)
) STRICT, WITHOUT ROWID;
`

/** The hosts of expectation `rules`, as a policy has them. */
const SERVER_RULES = `
ALTER TABLE server ADD COLUMN rules TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(rules));
`

/**
 * Sums of an hour, a day and a block of days (UTC, counted from the epoch), for reports over times whose connections are not kept any
 * more, or are too many to read. `pattern` is `contact` without the running copy and the process.
 *
 * `begun` counts the connections that opened in it, `spanning` those that were open when it began: over several hours
 * the spanning ones of the first and the begun ones of all of them make each connection once. Bytes are of connections
 * that ended in it; NULL is unknown. `connection_long` holds what lasted longer than an hour (LONG_MS), so that any
 * window is read by a bounded part of the two indexes.
 */
const SUMS = `
ALTER TABLE connection ADD COLUMN bytes_sent INTEGER;
ALTER TABLE connection ADD COLUMN bytes_received INTEGER;
DROP INDEX connection_open;
DROP INDEX connection_closed;
CREATE INDEX connection_open ON connection
  (contact_id, first_seen, closed_at, bytes_sent, bytes_received) WHERE closed_at IS NULL;
CREATE INDEX connection_closed ON connection
  (last_seen, first_seen, closed_at, contact_id, bytes_sent, bytes_received)
  WHERE closed_at IS NOT NULL;
CREATE INDEX connection_long ON connection
  (last_seen, first_seen, closed_at, contact_id, bytes_sent, bytes_received)
  WHERE closed_at IS NOT NULL AND last_seen - first_seen > 3600000;

ALTER TABLE contact ADD COLUMN last_at INTEGER NOT NULL DEFAULT 0;
UPDATE contact SET last_at = n.last_at
  FROM (SELECT contact_id, max(last_seen) AS last_at FROM connection GROUP BY contact_id) n
  WHERE n.contact_id = contact.id;
CREATE INDEX contact_last ON contact (last_at);
CREATE INDEX contact_destination ON contact (destination_id);

ALTER TABLE server ADD COLUMN ran_at INTEGER;
UPDATE server SET ran_at = (SELECT min(i.seen_at) FROM instance_server s
  JOIN instance i ON i.id = s.instance_id WHERE s.server_id = server.id);

CREATE TABLE pattern (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  server_id TEXT NOT NULL,
  destination_id INTEGER NOT NULL,
  scope TEXT NOT NULL,
  traffic_class TEXT NOT NULL,
  verdict TEXT NOT NULL,
  reason TEXT NOT NULL,
  relayed INTEGER NOT NULL CHECK (relayed IN (0, 1)),
  inherited INTEGER NOT NULL CHECK (inherited IN (0, 1)),
  outcome TEXT NOT NULL,
  owner_role TEXT,
  owner_executable TEXT,
  last_day INTEGER NOT NULL
) STRICT;
CREATE INDEX pattern_server ON pattern (server_id);
CREATE INDEX pattern_destination ON pattern (destination_id);

CREATE TABLE hour_sum (
  hour INTEGER NOT NULL,
  pattern_id INTEGER NOT NULL,
  begun INTEGER NOT NULL,
  spanning INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  owner_pid INTEGER,
  bytes_sent INTEGER,
  bytes_received INTEGER,
  PRIMARY KEY (hour, pattern_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE day_sum (
  pattern_id INTEGER NOT NULL,
  day INTEGER NOT NULL,
  begun INTEGER NOT NULL,
  spanning INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  owner_pid INTEGER,
  bytes_sent INTEGER,
  bytes_received INTEGER,
  PRIMARY KEY (pattern_id, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE block_sum (
  pattern_id INTEGER NOT NULL,
  block INTEGER NOT NULL,
  begun INTEGER NOT NULL,
  spanning INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  owner_pid INTEGER,
  bytes_sent INTEGER,
  bytes_received INTEGER,
  PRIMARY KEY (pattern_id, block)
) STRICT, WITHOUT ROWID;

CREATE TABLE summed_hour (hour INTEGER PRIMARY KEY, done INTEGER NOT NULL CHECK (done IN (0, 1))) STRICT;
CREATE TABLE summed_day (day INTEGER PRIMARY KEY, done INTEGER NOT NULL CHECK (done IN (0, 1))) STRICT;
CREATE TABLE summed_block (
  block INTEGER PRIMARY KEY,
  done INTEGER NOT NULL CHECK (done IN (0, 1))
) STRICT;
`

/**
 * Of several sums' `owner_pid` the one seen last. With min() and max() in one select SQLite takes other columns from
 * either row (sqlite.org/lang_select.html, bare columns), so the two are put into one number; a pid has 22 bits (proc(5)).
 */
export const LATEST = 'max(((last_seen / 1000) << 23) | coalesce(owner_pid, 0))'
/** The pid in such a number; NULL for none. */
export const pidIn = (latest: string): string => `nullif(${latest} & 8388607, 0)`

/** A closed connection that lasted longer is looked for in `connection_long`. */
export const LONG_MS = 3_600_000

/** How well each server was watched, by hours since the epoch; see ServerAttention of shared/model. */
const WATCHED = `
CREATE TABLE watched (
  hour INTEGER NOT NULL,
  server_id TEXT NOT NULL,
  quiet_ms INTEGER NOT NULL,
  active_ms INTEGER NOT NULL,
  seen_ms INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  PRIMARY KEY (hour, server_id)
) STRICT, WITHOUT ROWID;
`

/** Step `n` leads from `user_version` n to n + 1. Steps are never changed once released, only added. */
export const MIGRATIONS: readonly string[] = [
  FIRST,
  DELIVERIES,
  KNOWN_DESTINATIONS,
  SERVER_RULES,
  SUMS,
  WATCHED,
]

export const DATABASE_VERSION = MIGRATIONS.length
