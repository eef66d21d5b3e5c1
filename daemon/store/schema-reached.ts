/** The table of clients' connections to their remote servers: see shared/model/remote.ts. */

/** One row a server and address. `open` ones were last seen at the heartbeat. */
export const REACHED = `
CREATE TABLE reached (
  server_id TEXT NOT NULL,
  address TEXT NOT NULL,
  port INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  connections INTEGER NOT NULL,
  open INTEGER NOT NULL,
  PRIMARY KEY (server_id, address, port)
) STRICT, WITHOUT ROWID;
`

/** The clients' ends of the open ones, as lists of boot, namespace, address and port. */
export const REACHED_HELD = `
ALTER TABLE reached ADD COLUMN held TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(held));
`

/** What was last seen before then. */
export const PRUNE_REACHED = `
DELETE FROM reached WHERE (server_id, address, port) IN (
  SELECT server_id, address, port FROM reached
  WHERE open = 0 AND last_seen < @before LIMIT @limit)`
