/** Where each server went, told coarsely: what makes a destination a new one. */
import type { KnownDestination } from '../../shared/model/tick.ts'
import type { Db } from './db.ts'
import { whole } from './values.ts'

/** A destination keeps the time it was first met at. */
export function createKnownDestinationWriter(db: Db): (known: KnownDestination) => void {
  const insert = db.prepare(`
    INSERT INTO known_destination (server_id, key, first_seen) VALUES (?, ?, ?)
    ON CONFLICT (server_id, key) DO NOTHING`)
  return ({ serverId, key, firstSeen }) => {
    insert.run(serverId, key, whole(firstSeen))
  }
}
