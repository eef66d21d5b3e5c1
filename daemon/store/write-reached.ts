/** Clients' connections to their remote servers, counted by address. */
import type { EpochMs } from '../../shared/model/ids.ts'
import type { ReachedNews } from '../../shared/model/remote.ts'
import type { Db } from './db.ts'
import { whole } from './values.ts'

/** `heartbeat`: of the tick before; what an earlier run left open was last seen then. */
export function createReachedWriter(
  db: Db,
): (news: ReachedNews, heartbeat: EpochMs | null) => void {
  const close = db.prepare(
    'UPDATE reached SET open = 0, last_seen = max(last_seen, @at) WHERE open > 0',
  )
  const add = db.prepare(`
    INSERT INTO reached (server_id, address, port, first_seen, last_seen, connections, open)
    VALUES (@serverId, @address, @port, @firstSeen, @lastSeen, @connections, @open)
    ON CONFLICT (server_id, address, port) DO UPDATE SET
      first_seen = min(first_seen, excluded.first_seen),
      last_seen = max(last_seen, excluded.last_seen),
      connections = connections + excluded.connections, open = excluded.open`)
  return ({ begins, contacts }, heartbeat) => {
    if (begins) close.run({ at: whole(heartbeat ?? 0) })
    for (const { serverId, address, port, firstSeen, lastSeen, connections, open } of contacts) {
      add.run({
        serverId,
        address,
        port: whole(port),
        firstSeen: whole(firstSeen),
        lastSeen: whole(lastSeen),
        connections: whole(connections),
        open: whole(open),
      })
    }
  }
}
