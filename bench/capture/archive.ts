/** Reads what the daemon recorded, from its database. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Made, Recorded } from './model.ts'

export interface Counts {
  readonly owned: number
  readonly foreign: number
  readonly unknown: number
}

export interface Archive {
  recorded(): readonly Recorded[]
  /** Closed connections as counted so far. */
  counts(): Counts
  runningInstances(): number
  findings(): number
  /** Reasons and lengths of gaps. */
  gaps(): readonly string[]
}

const RECORDED = `
SELECT s.name AS server, d.protocol, d.address, d.port, c.local_port AS localPort,
  c.first_seen AS firstSeen, c.bytes_sent AS sent, c.bytes_received AS received
FROM connection c JOIN contact k ON k.id = c.contact_id
JOIN destination d ON d.id = k.destination_id JOIN server s ON s.id = k.server_id`

const COUNTS = `
SELECT coalesce(sum(owned), 0) AS owned, coalesce(sum(foreign_owned), 0) AS "foreign",
  coalesce(sum(unknown), 0) AS unknown
FROM connection_count`

export function archiveOf(home: string): Archive {
  const file = join(home, '.local/state/mcp-watch/watch.db')
  const all = (sql: string): readonly unknown[] => {
    if (!existsSync(file)) return []
    const db = new Database(file, { readonly: true })
    try {
      return db.prepare(sql).all()
    } finally {
      db.close()
    }
  }
  const count = (sql: string): number => (all(sql)[0] as { n: number } | undefined)?.n ?? 0
  return {
    recorded: () => {
      const has = all("SELECT 1 FROM pragma_table_info('connection') WHERE name = 'bytes_sent'")
      const sql = has.length > 0 ? RECORDED : RECORDED.replace(/c\.bytes_\w+/g, 'NULL')
      return all(sql) as readonly Recorded[]
    },
    counts: () => (all(COUNTS)[0] ?? { owned: 0, foreign: 0, unknown: 0 }) as Counts,
    runningInstances: () => count('SELECT count(*) AS n FROM instance WHERE ended_at IS NULL'),
    findings: () => count('SELECT count(*) AS n FROM finding'),
    gaps: () =>
      (
        all('SELECT reason, to_at - from_at AS ms FROM gap') as { reason: string; ms: number }[]
      ).map(({ reason, ms }) => `${reason} ${ms} ms`),
  }
}

/** A local port can be used again, so the times have to fit too. */
const BEFORE_MS = 1_000
const AFTER_MS = 5_000

/** For each connection that was made, what was recorded of it, or null; nothing recorded counts twice. */
export function matchUp(
  made: readonly Made[],
  recorded: readonly Recorded[],
): readonly { readonly made: Made; readonly recorded: Recorded | null }[] {
  const left = new Map<string, Recorded[]>()
  for (const row of recorded) {
    const key = [row.server, row.protocol, row.address, row.port, row.localPort].join(' ')
    left.set(key, [...(left.get(key) ?? []), row])
  }
  return made.map((each) => {
    const protocol = each.kind.startsWith('udp') ? 'udp' : 'tcp'
    const key = [each.server, protocol, each.address, each.port, each.localPort].join(' ')
    const rows = left.get(key) ?? []
    const fits = ({ firstSeen }: Recorded): boolean =>
      firstSeen >= each.from - BEFORE_MS && firstSeen <= each.to + AFTER_MS
    const found = rows.find(fits) ?? null
    if (found !== null) rows.splice(rows.indexOf(found), 1)
    return { made: each, recorded: found }
  })
}
