/**
 * Rows that are the very same as at the last look, and about which nothing is left to find out: other programs' sockets.
 * On a busy machine there are thousands; passing them over makes a tick cost what changed.
 */
import type { Connection } from '../../shared/model/connection.ts'
import type { Batch, SocketRow } from '../../shared/model/observation.ts'
import type { Tallies, Tally } from './counts.ts'
import { type Flow, flowKey, type Still } from './flows.ts'
import type { Sighting, Sightings } from './sightings.ts'

interface QuietRow {
  readonly key: string
  readonly pair: string
  readonly sighting: Sighting
  readonly tally: Tally
  /** The look that passed it over last: written while looking, and read by nobody after that. */
  lookedAt: Look | null
}

type Look = Record<never, never>

/**
 * By the row itself: an engine hands the same object over again while the tool says the same of the socket. What came
 * and went is kept beside the many that stay, so that they need not be copied for every change.
 */
export interface Quiet {
  readonly many: ReadonlyMap<SocketRow, QuietRow>
  readonly added: ReadonlyMap<SocketRow, QuietRow>
  readonly removed: ReadonlySet<SocketRow>
}

/** What of the last look counts for this one. */
export interface Stirred {
  readonly isAllNeeded: boolean
  /** Rows of this batch that are passed over. */
  readonly still: Still
  /** What is remembered of all others. */
  readonly sightings: Sightings
  readonly tallies: Tallies
}

export const NO_QUIET: Quiet = { many: new Map(), added: new Map(), removed: new Set() }
const NONE: Still = { size: 0, others: null, has: () => false }
const MAX_QUIET = 50_000
/** With more changes than this beside them the many are copied. */
const MAX_BESIDE = 500

function find({ many, added, removed }: Quiet, row: SocketRow): QuietRow | undefined {
  if (removed.size === 0) return many.get(row) ?? added.get(row)
  const entry = many.get(row)
  return entry === undefined || removed.has(row) ? added.get(row) : entry
}

function* entriesOf({ many, added, removed }: Quiet): Iterable<readonly [SocketRow, QuietRow]> {
  for (const each of many) if (!removed.has(each[0])) yield each
  yield* added
}

export function quietSize({ many, added, removed }: Quiet): number {
  return many.size - removed.size + added.size
}

/** `isAllNeeded`: also rows of which nothing new is told count this time, and none is passed over next time. */
export function stir(
  quiet: Quiet,
  known: { readonly sightings: Sightings; readonly tallies: Tallies },
  batch: Batch,
  isAllNeeded: boolean,
): Stirred {
  const { sightings: seen, tallies: counted } = known
  const memory = { isAllNeeded, sightings: seen, tallies: counted }
  const size = quietSize(quiet)
  if (size === 0) return { still: NONE, ...memory }
  const still = isAllNeeded ? NONE : stillThere(quiet, batch)
  if (still.size === size) return { still, ...memory }
  const sightings = new Map(seen)
  const tallies = new Map(counted)
  for (const [row, { key, pair, sighting, tally }] of entriesOf(quiet)) {
    if (still.has(row)) continue
    sightings.set(key, sighting)
    tallies.set(pair, tally)
  }
  return { still, isAllNeeded, sightings, tallies }
}

/** Marks them instead of collecting them: there are thousands at every look. */
function stillThere(quiet: Quiet, batch: Batch): Still {
  const look: Look = {}
  let size = 0
  const others = batch.snapshots.map(({ netns, rows }) => {
    const rest: SocketRow[] = []
    for (const row of rows) {
      const entry = find(quiet, row)
      if (entry?.sighting.netns !== netns) rest.push(row)
      else if (entry.lookedAt !== look) {
        entry.lookedAt = look
        size += 1
      }
    }
    return rest
  })
  return { size, others, has: (row) => find(quiet, row)?.lookedAt === look }
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
  const alike = new Map<SocketRow, QuietRow>()
  for (const [row, entry] of entriesOf(quiet))
    if (pairs.has(entry.pair) && still.has(row)) alike.set(row, entry)
  if (alike.size === 0) return stirred
  const sightings = new Map(stirred.sightings)
  const tallies = new Map(stirred.tallies)
  for (const { key, pair, sighting, tally } of alike.values()) {
    sightings.set(key, sighting)
    tallies.set(pair, tally)
  }
  const kept: Still = {
    size: still.size - alike.size,
    others: null,
    has: (row) => !alike.has(row) && still.has(row),
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
    if (tally?.settled === true) settled.push([row, { key, pair, sighting, tally, lookedAt: null }])
  }
  const gone = quietSize(quiet) - still.size
  if (settled.length === 0 && gone === 0) return quiet
  // What is known of a connection's owner is kept up by its row, whoever holds it now.
  const kept = new Set([...open.values()].map(flowKey))
  const added = settled.filter(([, { key }]) => !kept.has(key))
  return withChanges(quiet, still, gone, added)
}

function withChanges(
  quiet: Quiet,
  still: Still,
  gone: number,
  added: readonly (readonly [SocketRow, QuietRow])[],
): Quiet {
  const room = Math.max(0, MAX_QUIET - still.size)
  const beside = new Map(quiet.added)
  const removed = new Set(quiet.removed)
  if (gone > 0)
    for (const [row] of entriesOf(quiet)) {
      if (still.has(row)) continue
      beside.delete(row)
      if (quiet.many.has(row)) removed.add(row)
    }
  for (const [row, entry] of added.slice(0, room)) beside.set(row, entry)
  const next = { many: quiet.many, added: beside, removed }
  if (beside.size + removed.size <= MAX_BESIDE) return next
  return { ...NO_QUIET, many: new Map(entriesOf(next)) }
}

/** Keys of several rows: what is remembered of one is of the other too. */
function twiceThere(flows: readonly Flow[]): ReadonlySet<string> {
  const once = new Set<string>()
  const twice = new Set<string>()
  for (const { key } of flows) if (once.size === once.add(key).size) twice.add(key)
  return twice
}
