/**
 * What happened in a window, a row for each way in which a server dealt with a destination: for each process of each
 * running copy where single connections are read, for each program where sums are.
 */
import type { Role } from '../../shared/model/attribution.ts'
import type { Scope, TrafficClass, Verdict, VerdictReason } from '../../shared/model/judgement.ts'
import type { Protocol } from '../../shared/model/observation.ts'
import type { Outcome } from '../../shared/model/outcome.ts'
import { HOURS_A_DAY } from '../store/calendar.ts'
import { LONG_MS } from '../store/schema.ts'
import type { ContactTuple } from './contact-tuple.ts'
import type { Db } from './rows.ts'
import {
  after,
  type Resolution,
  readSums,
  type Segment,
  type Sums,
  segmentsOf,
  spanOf,
} from './segments.ts'
import { readSpanning, readSummed } from './sums.ts'
import type { Window } from './window.ts'

export interface DestinationRow {
  readonly id: number
  readonly protocol: Protocol
  readonly address: string
  readonly zone: string
  readonly port: number
  readonly direction: 'outbound' | 'inbound'
}

export interface ContactRow {
  /** Either the instance or, of sums, the server. */
  readonly instance: string | null
  readonly server: string | null
  readonly destination: DestinationRow
  readonly scope: Scope
  readonly trafficClass: TrafficClass
  readonly verdict: Verdict
  readonly reason: VerdictReason
  readonly relayed: number
  readonly inherited: number
  readonly outcome: Outcome
  readonly ownerPid: number | null
  readonly ownerRole: Role | null
  readonly ownerExecutable: string | null
  readonly candidates: string
  /** 0: all it had here are counted in an earlier segment. */
  readonly connections: number
  readonly open: number
  readonly firstSeen: number
  readonly lastSeen: number
  readonly bytesSent: number | null
  readonly bytesReceived: number | null
}

/**
 * The innermost selects read little but the partial indexes, so that the cost goes with the connections of the
 * segment: one that ended more than LONG_MS after it lasted longer, and is in the index of those. An open connection
 * was last seen at the heartbeat. The order of the columns is that of `ContactTuple`.
 */
const CONTACTS = `
  SELECT c.instance_id, NULL, c.destination_id, c.scope, c.traffic_class, c.verdict, c.reason,
    c.relayed, c.inherited, c.outcome, c.owner_pid, c.owner_role, c.owner_executable, c.candidates,
    g.connections, g.open, g.first_seen, g.last_seen, g.sent, g.received
  FROM (
    SELECT contact_id, sum(first_seen >= @countFrom) AS connections, sum(open) * @isLast AS open,
      min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(sent) AS sent,
      sum(received) AS received
    FROM (
      SELECT contact_id, first_seen, @heartbeat AS last_seen, 1 AS open,
        CASE WHEN @isLast THEN bytes_sent END AS sent,
        CASE WHEN @isLast THEN bytes_received END AS received
      FROM connection INDEXED BY connection_open
      WHERE closed_at IS NULL AND first_seen <= @to AND @heartbeat >= @from
      UNION ALL
      SELECT contact_id, first_seen, last_seen, closed_at > @to,
        CASE WHEN last_seen <= @to THEN bytes_sent END,
        CASE WHEN last_seen <= @to THEN bytes_received END
      FROM connection INDEXED BY connection_closed
      WHERE closed_at IS NOT NULL AND last_seen BETWEEN @from AND @to + ${LONG_MS}
        AND first_seen <= @to AND last_seen - first_seen <= ${LONG_MS}
      UNION ALL
      SELECT contact_id, first_seen, last_seen, closed_at > @to,
        CASE WHEN last_seen <= @to THEN bytes_sent END,
        CASE WHEN last_seen <= @to THEN bytes_received END
      FROM connection INDEXED BY connection_long
      WHERE closed_at IS NOT NULL AND last_seen - first_seen > ${LONG_MS}
        AND last_seen >= @from AND first_seen <= @to)
    GROUP BY contact_id) g
  JOIN contact c ON c.id = g.contact_id
  ORDER BY g.contact_id`

/** The destinations with these ids; rows of `destination` never change. */
function readDestinations(db: Db, ids: ReadonlySet<number>): ReadonlyMap<number, DestinationRow> {
  const rows = db
    .prepare<unknown[], DestinationRow>(
      `SELECT id, protocol, address, zone, port, direction FROM destination
       WHERE id IN (SELECT value FROM json_each(?))`,
    )
    .all(JSON.stringify([...ids]))
  return new Map(rows.map((row) => [row.id, row]))
}

function contactOf(tuple: ContactTuple, destination: DestinationRow): ContactRow {
  return {
    instance: tuple[0],
    server: tuple[1],
    destination,
    scope: tuple[3],
    trafficClass: tuple[4],
    verdict: tuple[5],
    reason: tuple[6],
    relayed: tuple[7],
    inherited: tuple[8],
    outcome: tuple[9],
    ownerPid: tuple[10],
    ownerRole: tuple[11],
    ownerExecutable: tuple[12],
    candidates: tuple[13],
    connections: tuple[14],
    open: tuple[15],
    firstSeen: tuple[16],
    lastSeen: tuple[17],
    bytesSent: tuple[18],
    bytesReceived: tuple[19],
  }
}

/** What was open when the first segment began counts too; what is open at the end is known of the last alone. */
interface Place {
  readonly heartbeat: number
  readonly isFirst: boolean
  readonly isLast: boolean
}

const NEVER = Number.MAX_SAFE_INTEGER

function readPlain(
  db: Db,
  { from, to }: Window,
  countFrom: number,
  { heartbeat, isLast }: Place,
): ContactTuple[] {
  return db
    .prepare<unknown[], ContactTuple>(CONTACTS)
    .raw()
    .all({ from, to, heartbeat, countFrom, isLast: isLast ? 1 : 0 })
}

/** How many were open at the end of a window that ends with a sum: those that the time after it begins with. */
function readOpenAfter(db: Db, last: Segment, sums: Sums, heartbeat: number): ContactTuple[] {
  const [, end] = spanOf(last)
  const next = after(last)
  if (next.hour < sums.floors.hours * HOURS_A_DAY) return readSpanning(db, 'day', next.day, end)
  if (next.hour < sums.floors.connections || sums.hours.has(next.hour))
    return readSpanning(db, 'hour', next.hour, end)
  const place = { heartbeat, isFirst: false, isLast: true }
  return readPlain(db, { from: end, to: end }, NEVER, place).filter((row) => row[15] > 0)
}

export interface Contacts {
  readonly rows: readonly ContactRow[]
  readonly resolution: Resolution
}

/** Tuples and a second select in place of a join with named columns take half the time (10,000 contacts: 50 ms). */
export function readContacts(db: Db, window: Window, heartbeat: number): Contacts {
  const sums = readSums(db, window)
  const { list, resolution } = segmentsOf(window, sums)
  const placed = list.map((segment, index) => ({
    ...segment,
    heartbeat,
    isFirst: index === 0,
    isLast: index === list.length - 1,
  }))
  const tuples = placed.flatMap((segment) =>
    segment.kind === 'connections'
      ? readPlain(db, segment, segment.isFirst ? 0 : segment.from, segment)
      : [],
  )
  tuples.push(...readSummed(db, placed))
  const last = list.at(-1)
  if (last !== undefined && last.kind !== 'connections')
    tuples.push(...readOpenAfter(db, last, sums, heartbeat))
  const destinations = readDestinations(db, new Set(tuples.map(([, , destination]) => destination)))
  const rows = tuples.flatMap((tuple) => {
    const destination = destinations.get(tuple[2])
    return destination === undefined ? [] : [contactOf(tuple, destination)]
  })
  return { rows, resolution }
}
