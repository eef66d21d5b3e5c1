/** Clients' connections to their remote servers that an earlier run left open, read back from the rows. */
import type { ServerId } from '../../shared/model/ids.ts'
import type { HeldSocket, ReachedBefore } from '../../shared/model/remote.ts'
import type { Db } from './db.ts'
import { jsonArray } from './values.ts'

interface Row {
  serverId: ServerId
  client: string
  address: string
  port: number
  held: string
}

const OPEN = `
  SELECT r.server_id AS serverId, s.client, r.address, r.port, r.held
  FROM reached r JOIN server s ON s.id = r.server_id
  WHERE r.open > 0 ORDER BY r.server_id, r.address, r.port`

export function readReachedBefore(db: Db): readonly ReachedBefore[] {
  return db
    .prepare<unknown[], Row>(OPEN)
    .all()
    .map((row) => ({ ...row, held: jsonArray(row.held).flatMap(heldSocket) }))
}

/** As `heldText` wrote it; anything else is none. */
function heldSocket(value: unknown): HeldSocket[] {
  if (!Array.isArray(value)) return []
  const [bootId, netns, address, port] = value as unknown[]
  if (typeof bootId !== 'string' || typeof netns !== 'string') return []
  if (typeof address !== 'string' || typeof port !== 'number') return []
  return [{ bootId, netns, address, port }]
}

export function heldText(held: readonly HeldSocket[]): string {
  return JSON.stringify(
    held.map(({ bootId, netns, address, port }) => [bootId, netns, address, port]),
  )
}
