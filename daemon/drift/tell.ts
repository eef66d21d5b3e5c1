/** From an entry that stayed different to the changes that are told of it. Pure. */
import type { KnownEntry, ServerChange } from '../../shared/model/drift.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import { compare, summaryOf } from './compare.ts'
import type { Pending } from './state.ts'

export interface Told {
  readonly entry: KnownEntry
  readonly changes: readonly ServerChange[]
  /** It is new, or runs something else: what may have come to other clients too. */
  readonly isArrival: boolean
}

/** Null where there is nothing left to tell: an entry that came and went. */
export function tell(
  id: ServerId,
  { now, since, at }: Pending,
  before: KnownEntry | null,
): Told | null {
  const moment = { since, at }
  const said = { serverId: id, ...moment, field: null, from: null, to: null }
  if (now === null) {
    if (before === null || !before.present) return null
    const from = summaryOf(before.print)
    return {
      entry: { ...before, present: false },
      changes: [{ ...said, kind: 'removed', from }],
      isArrival: false,
    }
  }
  const { print, server } = now
  const { name, client, source, scope } = server
  const entry = { serverId: id, name, client, source, scope, print, present: true }
  if (before?.present !== true) {
    // Back as it was: a file that was away, as a folder that is mounted, brings nothing new.
    const isBack = before !== null && before.print.whole === print.whole
    const arrived = isBack ? before.arrived : moment
    return {
      entry: { ...entry, arrived, firstSeen: before?.firstSeen ?? at },
      changes: [{ ...said, kind: 'added', to: summaryOf(print) }],
      isArrival: !isBack,
    }
  }
  const found = compare(before.print, print)
  if (found.length === 0) return null
  const isOther = found.some(
    ({ field }) => field === 'command' || field === 'package' || field === 'url',
  )
  return {
    entry: { ...entry, firstSeen: before.firstSeen, arrived: isOther ? moment : before.arrived },
    changes: found.map((difference) => ({ ...said, kind: 'changed', ...difference })),
    isArrival: isOther,
  }
}
