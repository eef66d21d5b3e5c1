/** How much is kept of what, and since when. */
import type { DataStats } from '../../shared/contract/data.ts'
import { iso } from '../../shared/text/iso.ts'
import { DAY_MS, HOUR_MS } from '../store/calendar.ts'
import { lastTickAt } from '../store/memory.ts'
import { spaceOf } from '../store/space.ts'
import type { Db } from './rows.ts'

type Kind = DataStats['kinds'][number]
/** What the policy and the folder say is put to it by who asks. */
export type StoredStats = Pick<DataStats, 'servers' | 'destinations'> & {
  readonly bytes: Pick<DataStats['bytes'], 'used' | 'free'>
  readonly kinds: readonly Omit<Kind, 'keptMs'>[]
}

/** Each read from an index or a key, but for the count. */
const SPANS = {
  connections: `SELECT count(*) AS rows, (SELECT last_seen FROM connection
      INDEXED BY connection_closed WHERE closed_at IS NOT NULL ORDER BY last_seen LIMIT 1) AS "from",
    (SELECT last_seen FROM connection INDEXED BY connection_closed
      WHERE closed_at IS NOT NULL ORDER BY last_seen DESC LIMIT 1) AS "to" FROM connection`,
  hours: `SELECT count(*) AS rows, (SELECT min(hour) FROM hour_sum) * ${HOUR_MS} AS "from",
    ((SELECT max(hour) FROM hour_sum) + 1) * ${HOUR_MS} - 1 AS "to" FROM hour_sum`,
  days: `SELECT count(*) AS rows, min(day) * ${DAY_MS} AS "from",
    (max(day) + 1) * ${DAY_MS} - 1 AS "to" FROM day_sum`,
  reached: `SELECT count(*) AS rows, min(first_seen) AS "from", max(CASE WHEN open > 0
      THEN max(last_seen, @heartbeat) ELSE last_seen END) AS "to" FROM reached`,
  findings: `SELECT count(*) AS rows, min(last_seen) AS "from", max(last_seen) AS "to" FROM finding`,
  changes: `SELECT count(*) AS rows, min(at) AS "from", max(at) AS "to" FROM server_change`,
  gaps: `SELECT count(*) AS rows, min(to_at) AS "from", max(to_at) AS "to" FROM gap`,
} as const satisfies Record<Kind['kind'], string>

export function dataStats(db: Db): StoredStats {
  const count = (table: string): number =>
    db.prepare<unknown[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0
  const heartbeat = lastTickAt(db) ?? 0
  const kinds = (Object.keys(SPANS) as Kind['kind'][]).map((kind) => {
    const row = db
      .prepare<unknown[], { rows: number; from: number | null; to: number | null }>(SPANS[kind])
      .get({ heartbeat })
    const { rows, from, to } = row ?? { rows: 0, from: null, to: null }
    return { kind, rows, from: from === null ? null : iso(from), to: to === null ? null : iso(to) }
  })
  return {
    bytes: spaceOf(db),
    kinds,
    servers: count('server'),
    destinations: count('destination'),
  }
}
