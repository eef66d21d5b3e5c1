/** The database: its file name, its tables, and the steps from each version of it to the next. */
import { DRIFT } from './schema-drift.ts'
import { FIRST } from './schema-first.ts'
import { REACHED, REACHED_HELD } from './schema-reached.ts'
import { SUMS } from './schema-sums.ts'

export const DATABASE_FILE = 'watch.db'

/** Key in `meta` of the wall time of the last committed tick: the heartbeat. */
export const LAST_TICK_KEY = 'last_tick_at'

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

/** Findings from before it existed were never known to be attempts alone. */
const ATTEMPTED = `
ALTER TABLE finding ADD COLUMN attempted INTEGER NOT NULL DEFAULT 0 CHECK (attempted IN (0, 1));
`

/** The servers that it may be of, where they cannot be told apart. */
const ONE_OF = `
ALTER TABLE finding ADD COLUMN one_of TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(one_of));
`

/** Step `n` leads from `user_version` n to n + 1. Steps are never changed once released, only added. */
export const MIGRATIONS: readonly string[] = [
  FIRST,
  DELIVERIES,
  KNOWN_DESTINATIONS,
  SERVER_RULES,
  SUMS,
  WATCHED,
  ATTEMPTED,
  DRIFT,
  ONE_OF,
  REACHED,
  REACHED_HELD,
]

export const DATABASE_VERSION = MIGRATIONS.length
