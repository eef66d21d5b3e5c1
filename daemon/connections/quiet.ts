/**
 * Rows that are the very same as at the last look, and about which nothing is left to find out: other programs' sockets.
 * On a busy machine there are thousands; passing them over makes a tick cost what changed.
 */
import type { Connection } from '../../shared/model/connection.ts'
import type { Batch, SocketRow } from '../../shared/model/observation.ts'
import type { Tallies, Tally } from './counts.ts'
import { type Flow, flowKey } from './flows.ts'
import type { Sighting, Sightings } from './sightings.ts'

interface QuietRow {
  readonly key: string
  readonly pair: string
  readonly sighting: Sighting
  readonly tally: Tally
}

/** By the row itself: an engine hands the same object over again while the tool says the same of the socket. */
export type Quiet = ReadonlyMap<SocketRow, QuietRow>

/** What of the last look counts for this one. */
export interface Stirred {
  readonly isAllNeeded: boolean
  /** Rows of this batch that are passed over. */
  readonly still: ReadonlySet<SocketRow>
  /** What is remembered of all others. */
  readonly sightings: Sightings
  readonly tallies: Tallies
}

export const NO_QUIET: Quiet = new Map()
const NONE: ReadonlySet<SocketRow> = new Set()
const MAX_QUIET = 50_000

/** `isAllNeeded`: also rows of which nothing new is told count this time, and none is passed over next time. */
export function stir(
  quiet: Quiet,
  known: { readonly sightings: Sightings; readonly tallies: Tallies },
  batch: Batch,
  isAllNeeded: boolean,
): Stirred {
  const { sightings: seen, tallies: counted } = known
  const memory = { isAllNeeded, sightings: seen, tallies: counted }
  if (quiet.size === 0) return { still: NONE, ...memory }
  const still = isAllNeeded ? NONE : stillThere(quiet, batch)
  if (still.size === quiet.size) return { still, ...memory }
  const sightings = new Map(seen)
  const tallies = new Map(counted)
  for (const [row, { key, pair, sighting, tally }] of quiet) {
    if (still.has(row)) continue
    sightings.set(key, sighting)
    tallies.set(pair, tally)
  }
  return { still, isAllNeeded, sightings, tallies }
}

function stillThere(quiet: Quiet, batch: Batch): ReadonlySet<SocketRow> {
  const still = new Set<SocketRow>()
  for (const { netns, rows } of batch.snapshots) {
    for (const row of rows) if (quiet.get(row)?.sighting.netns === netns) still.add(row)
  }
  return still
}

/**
 * Looks again at passed-over rows that have their ends in common with one that is met for the first time: it may be the
 * other end of a connection on this host, or the same ends once more.
 */
export function stirAlike(stirred: Stirred, quiet: Quiet, flows: readonly Flow[]): Stirred {
  const { still } = stirred
  const isUnknown = ({ key, pair }: Flow): boolean =>
    !stirred.sightings.has(key) || !stirred.tallies.has(pair)
  const pairs = new Set(still.size === 0 ? [] : flows.filter(isUnknown).map(({ pair }) => pair))
  if (pairs.size === 0) return stirred
  const alike: [SocketRow, QuietRow][] = []
  for (const each of quiet) if (pairs.has(each[1].pair) && still.has(each[0])) alike.push(each)
  if (alike.length === 0) return stirred
  const kept = new Set(still)
  const sightings = new Map(stirred.sightings)
  const tallies = new Map(stirred.tallies)
  for (const [row, { key, pair, sighting, tally }] of alike) {
    kept.delete(row)
    sightings.set(key, sighting)
    tallies.set(pair, tally)
  }
  return { ...stirred, still: kept, sightings, tallies }
}

/** The rows to pass over next time: those that still are, and those of which this look told nothing new. */
export function settle(
  quiet: Quiet,
  { still, isAllNeeded, ...before }: Stirred,
  flows: readonly Flow[],
  now: { readonly sightings: Sightings; readonly tallies: Tallies },
  open: ReadonlyMap<string, Connection>,
): Quiet {
  if (isAllNeeded) return NO_QUIET
  const settled: [SocketRow, QuietRow][] = []
  const twice = twiceThere(flows)
  for (const { row, key, pair } of flows) {
    if (row.holders.length > 0 || row.endedAt !== undefined || twice.has(key)) continue
    const sighting = now.sightings.get(key)
    const tally = now.tallies.get(pair)
    if (sighting === undefined || sighting !== before.sightings.get(key)) continue
    if (tally?.settled === true) settled.push([row, { key, pair, sighting, tally }])
  }
  if (settled.length === 0 && still.size === quiet.size) return quiet
  // What is known of a connection's owner is kept up by its row, whoever holds it now.
  const kept = new Set([...open.values()].map(flowKey))
  const next = new Map<SocketRow, QuietRow>()
  for (const [row, entry] of quiet) if (still.has(row)) next.set(row, entry)
  for (const [row, entry] of settled) {
    if (next.size < MAX_QUIET && !kept.has(entry.key)) next.set(row, entry)
  }
  return next
}

/** Keys of several rows: what is remembered of one is of the other too. */
function twiceThere(flows: readonly Flow[]): ReadonlySet<string> {
  const once = new Set<string>()
  const twice = new Set<string>()
  for (const { key } of flows) if (once.size === once.add(key).size) twice.add(key)
  return twice
}
