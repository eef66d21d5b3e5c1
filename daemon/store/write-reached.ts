/** Clients' connections to their remote servers, counted by address. */
import type { EpochMs } from '../../shared/model/ids.ts'
import type { ReachedNews } from '../../shared/model/remote.ts'
import type { Db } from './db.ts'
import { heldText } from './reached-memory.ts'
import { whole } from './values.ts'

/** `heartbeat`: of the tick before; what an earlier run left open was last seen then. */
export function createReachedWriter(
  db: Db,
): (news: ReachedNews, heartbeat: EpochMs | null) => void {
  const close = db.prepare(
    `UPDATE reached SET open = 0, held = '[]', last_seen = max(last_seen, @at) WHERE open > 0`,
  )
  const add = db.prepare(`
    INSERT INTO reached (server_id, address, port, first_seen, last_seen, connections,
      open, held)
    VALUES (@serverId, @address, @port, @firstSeen, @lastSeen, @connections, @open, @held)
    ON CONFLICT (server_id, address, port) DO UPDATE SET
      first_seen = min(first_seen, excluded.first_seen),
      last_seen = max(last_seen, excluded.last_seen),
      connections = connections + excluded.connections, open = excluded.open,
      held = excluded.held`)
  return ({ begins, contacts }, heartbeat) => {
    if (begins) close.run({ at: whole(heartbeat ?? 0) })
    for (const contact of contacts) {
      add.run({
        serverId: contact.serverId,
        address: contact.address,
        port: whole(contact.port),
        firstSeen: whole(contact.firstSeen),
        lastSeen: whole(contact.lastSeen),
        connections: whole(contact.connections),
        open: whole(contact.open),
        held: heldText(contact.held),
      })
    }
  }
}
