/** The tables of sums, and what reading and removing old records needs. */

/**
 * Sums of an hour, a day and a block of days (UTC, counted from the epoch), for reports over times whose connections are not kept any
 * more, or are too many to read. `pattern` is `contact` without the running copy and the process.
 *
 * `begun` counts the connections that opened in it, `spanning` those that were open when it began: over several hours
 * the spanning ones of the first and the begun ones of all of them make each connection once. Bytes are of connections
 * that ended in it; NULL is unknown. `connection_long` holds what lasted longer than an hour (LONG_MS), so that any
 * window is read by a bounded part of the two indexes.
 */
export const SUMS = `
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
