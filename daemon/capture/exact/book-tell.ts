/** What a batch is told from the book: rows in place of sampled ones, and ends. */
import type { Snapshot, SocketRow } from '../../../shared/model/observation.ts'
import { type AttemptFacts, isTellable } from './attempt-facts.ts'
import { attemptRow, isSameRow, type Moment, wallMs } from './attempt-row.ts'
import type { Entry } from './book-entry.ts'
import type { OpenAttempts } from './book-open.ts'
import type { Past } from './book-past.ts'
import { createSampleMerge } from './merge-samples.ts'
import { endBySample, endLost, isLost } from './sampled-ends.ts'

export interface TellerParts {
  readonly open: OpenAttempts
  /** Ends in one batch. */
  readonly most: number
  readonly past: Past
  readonly change: (entry: Entry, facts: AttemptFacts) => void
  readonly forget: (entry: Entry) => void
  /** What ended and was not taken yet, of known owners. */
  readonly takeEnded: () => readonly Entry[]
}

export interface Teller {
  /**
   * `unowned` are those that nobody is known for yet. `untold`: there is no namespace to tell them in, or they are too
   * many, and `hasMore`.
   */
  tell(
    sampled: readonly Snapshot[],
    now: Moment,
    unowned: Iterable<Entry>,
  ): {
    readonly snapshots: readonly Snapshot[]
    readonly untold: readonly Entry[]
    readonly hasMore: boolean
  }
}

export function createTeller(parts: TellerParts): Teller {
  const { open, most, past, change, takeEnded } = parts
  /** Where processes are whose namespace is not known: the first that was ever told of is our own. */
  let home: string | null = null
  const placeOf = ({ told, sampled, owner }: Entry): string | null =>
    told?.netns ?? sampled?.netns ?? owner?.netns ?? home

  const remember = (entry: Entry, now: Moment): void => {
    const { protocol, local, remote, end } = entry.facts
    if (end === null || local === null) return
    const netns = entry.owner === null ? null : placeOf(entry)
    past.add({ protocol, local, remote }, entry.cookie.toString(16), netns, now.atNs)
  }
  /** What a sample said at the last batch counts if the kernel has said nothing since. */
  const endSampled = (now: Moment): void => {
    for (const entry of open.all())
      if (entry.sampledEnd !== null) change(entry, endBySample(entry.facts, entry.sampledEnd, now))
  }
  const endLacking = (complete: ReadonlySet<string>, nowNs: number): void => {
    for (const entry of open.all()) {
      if (entry.told === null || !complete.has(entry.told.netns)) continue
      if (entry.shownNs === nowNs || entry.sampledEnd !== null) continue
      entry.lackedNs ??= nowNs
      if (isLost(entry, entry.lackedNs, nowNs)) change(entry, endLost(entry.facts, entry.lackedNs))
    }
  }
  const rowOf = (entry: Entry, now: Moment): { netns: string; row: SocketRow } | null => {
    const netns = placeOf(entry)
    if (netns === null || entry.owner === null || !isTellable(entry.facts)) return null
    const firstSeen = entry.told?.firstSeen ?? wallMs(entry.facts.startNs, now)
    const row = attemptRow(entry, entry.owner.holder, firstSeen, now)
    if (entry.told === null || !isSameRow(entry.told.row, row))
      entry.told = { netns, firstSeen, row }
    return entry.told
  }
  return {
    tell(sampled, now, unowned) {
      home ??= sampled[0]?.netns ?? null
      past.forgetOld(now.atNs)
      endSampled(now)
      const ended = [...takeEnded()]
      for (const entry of ended) remember(entry, now)
      for (const entry of unowned) remember(entry, now)
      const merge = createSampleMerge({ ...parts, placeOf }, now.atNs)
      const kept = sampled.map((snapshot) => ({
        ...snapshot,
        rows: snapshot.rows.filter((row) => merge.keeps(row, snapshot.netns)),
      }))
      endLacking(completeIn(sampled), now.atNs)
      for (const entry of takeEnded()) {
        remember(entry, now)
        ended.push(entry)
      }
      const rows = new Map<string, SocketRow[]>()
      const untold: Entry[] = []
      const put = (entry: Entry): boolean => {
        const told = rowOf(entry, now)
        if (told === null) return false
        const there = rows.get(told.netns)
        if (there === undefined) rows.set(told.netns, [told.row])
        else there.push(told.row)
        return true
      }
      let told = 0
      for (const entry of ended) {
        if (told < most && put(entry)) told += 1
        else untold.push(entry)
      }
      for (const entry of open.all()) put(entry)
      return {
        snapshots: withRows(kept, rows, now),
        untold,
        hasMore: told === most && untold.length > 0,
      }
    },
  }
}

/** Namespaces in which every socket that watched processes hold was seen. */
function completeIn(sampled: readonly Snapshot[]): ReadonlySet<string> {
  const complete = new Set<string>()
  for (const snapshot of sampled) if (snapshot.complete) complete.add(snapshot.netns)
  for (const snapshot of sampled) if (!snapshot.complete) complete.delete(snapshot.netns)
  return complete
}

/** Each row once, in its namespace's first snapshot; of a namespace that was not looked into absence proves nothing. */
function withRows(
  snapshots: readonly Snapshot[],
  rows: Map<string, readonly SocketRow[]>,
  { at }: Moment,
): readonly Snapshot[] {
  const full = snapshots.map((snapshot) => {
    const more = rows.get(snapshot.netns)
    if (more === undefined) return snapshot
    rows.delete(snapshot.netns)
    return { ...snapshot, rows: [...snapshot.rows, ...more] }
  })
  const part = { kind: 'snapshot', at, complete: false, hostWide: false } as const
  return [
    ...full,
    ...[...rows].map(([netns, alone]): Snapshot => ({ ...part, netns, rows: alone })),
  ]
}
