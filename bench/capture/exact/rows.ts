/** Connections on record, with who made them, from the daemon's database. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Row } from './ones.ts'

const ROWS = `
SELECT s.name AS server, d.protocol, d.address, d.port, d.direction, k.owner_pid AS pid,
  k.owner_executable AS executable, k.outcome, c.bytes_sent AS sent, c.bytes_received AS received,
  c.closed_at AS closedAt
FROM connection c JOIN contact k ON k.id = c.contact_id
JOIN destination d ON d.id = k.destination_id JOIN server s ON s.id = k.server_id`

const RUNNING = `
SELECT DISTINCT s.name FROM instance i JOIN instance_server j ON j.instance_id = i.id
JOIN server s ON s.id = j.server_id WHERE i.ended_at IS NULL`

/** None where there is no database. */
export function rowsOf(home: string): readonly Row[] {
  return all(home, ROWS) as readonly Row[]
}

/** Names of the servers that run, as far as the daemon knows. */
export function runningServers(home: string): ReadonlySet<string> {
  return new Set((all(home, RUNNING) as readonly { name: string }[]).map(({ name }) => name))
}

function all(home: string, sql: string): readonly unknown[] {
  const file = join(home, '.local/state/mcp-watch/watch.db')
  if (!existsSync(file)) return []
  const db = new Database(file, { readonly: true })
  try {
    return db.prepare(sql).all()
  } finally {
    db.close()
  }
}
