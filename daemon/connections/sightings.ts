/**
 * What is remembered of every row from one sample to the next: key, times, and which watched processes held it. Of the
 * user's other programs there is nothing.
 */
import type { EpochMs, ProcessKey } from '../../shared/model/ids.ts'
import type { Batch } from '../../shared/model/observation.ts'
import type { Flow } from './flows.ts'

export interface Sighting {
  readonly netns: string
  readonly firstSeen: EpochMs
  /** Was there when watching began. */
  readonly before: boolean
  readonly inode: number | null
  readonly cookie: string | null
  /** Seen on its way out: no later listener on its port makes it an accepted one. */
  readonly synSent: boolean
  /** Complete samples in a row in which no watched process held it; not counted further than `UNHELD_ENOUGH`. */
  readonly unheld: number
  /** Watched processes seen holding it; more than a few are not kept. */
  readonly heldBy: ReadonlySet<ProcessKey>
}

export type Sightings = ReadonlyMap<string, Sighting>

/** More rows than this on one host are not remembered; they then count as first seen each time. */
const MAX_SIGHTINGS = 50_000
const MAX_HELD_BY = 16
const UNHELD_ENOUGH = 2
const NOBODY: ReadonlySet<ProcessKey> = new Set()

/** Sightings of this batch's rows, and the earlier ones of namespaces that were not read to the end. */
export function rememberSightings(
  known: Sightings,
  flows: readonly Flow[],
  batch: Batch,
  begun: boolean,
): Sightings {
  const cutShort = new Set(batch.snapshots.filter((s) => !s.complete).map((s) => s.netns))
  const next = new Map<string, Sighting>()
  if (cutShort.size > 0) {
    for (const [key, sighting] of known) if (cutShort.has(sighting.netns)) next.set(key, sighting)
  }
  for (const flow of flows) {
    if (next.size >= MAX_SIGHTINGS) break
    next.set(flow.key, sightingOf(flow, known.get(flow.key), begun))
  }
  return next
}

function sightingOf(flow: Flow, earlier: Sighting | undefined, begun: boolean): Sighting {
  const { row, snapshot } = flow
  const known = earlier !== undefined && isSame(earlier, row) ? earlier : null
  const unheld = Math.min((known?.unheld ?? 0) + 1, UNHELD_ENOUGH)
  const held = row.holders.length > 0
  const now: Sighting = {
    netns: snapshot.netns,
    firstSeen: known?.firstSeen ?? row.firstSeen ?? snapshot.at,
    before: known?.before ?? !begun,
    inode: row.inode ?? known?.inode ?? null,
    cookie: row.cookie ?? known?.cookie ?? null,
    synSent: row.state === 'syn-sent' || known?.synSent === true,
    unheld: held ? 0 : snapshot.complete && row.inode !== null ? unheld : (known?.unheld ?? 0),
    heldBy: withHolders(known?.heldBy ?? NOBODY, flow),
  }
  return known !== null && isSameSighting(known, now) ? known : now
}

/** The same object where nothing changed tells so at a glance. */
function isSameSighting(a: Sighting, b: Sighting): boolean {
  return (
    a.netns === b.netns &&
    a.firstSeen === b.firstSeen &&
    a.before === b.before &&
    a.inode === b.inode &&
    a.cookie === b.cookie &&
    a.synSent === b.synSent &&
    a.unheld === b.unheld &&
    a.heldBy === b.heldBy
  )
}

function withHolders(known: ReadonlySet<ProcessKey>, { row }: Flow): ReadonlySet<ProcessKey> {
  const added = row.holders.map(({ process }) => process).filter((key) => !known.has(key))
  return added.length === 0 ? known : new Set([...known, ...added].slice(0, MAX_HELD_BY))
}

/** What tells sockets with the same two ends apart. */
export interface SocketMarks {
  readonly inode: number | null
  readonly cookie: string | null
}

/**
 * Whether both may be one socket. A cookie is never given twice while the machine runs, so it decides where both have
 * one; an inode is learned late, is lost early, and can be given anew.
 */
export function isSame(a: SocketMarks, b: SocketMarks): boolean {
  if (a.cookie !== null && b.cookie !== null) return a.cookie === b.cookie
  return a.inode === null || b.inode === null || a.inode === b.inode
}
