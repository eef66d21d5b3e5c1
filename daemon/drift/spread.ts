/** The same new server in several clients within minutes: how a program spreads that writes to all it finds. Pure. */
import { UNKNOWN } from '../../shared/clients/unknown.ts'
import type { KnownEntry, Moment, Print } from '../../shared/model/drift.ts'
import type { EpochMs } from '../../shared/model/ids.ts'

/** Between one client and the next. */
const WITHIN_MS = 10 * 60_000
/** A server that was in any client for longer is not new: somebody gives it to another client. */
const NEW_FOR_MS = 24 * 3_600_000

/** An entry that arrived at a time that is known. */
export type Arrived = KnownEntry & { readonly arrived: Moment }

/**
 * The groups that those which arrived now are part of, in the order in which they came. Servers are the same that have
 * the same name, or run the same, whatever they are called.
 */
export function spreads(
  now: readonly KnownEntry[],
  known: Iterable<KnownEntry>,
): readonly (readonly [Arrived, Arrived, ...Arrived[]])[] {
  if (now.length === 0) return []
  const present = [...known].filter((entry) => entry.present)
  const indexes = KEYS.map(({ of }) => indexed(present, of))
  const seen = new Set<KnownEntry>()
  return now.flatMap((entry) => {
    if (seen.has(entry)) return []
    const groups = KEYS.map(({ of, since }, n) =>
      around(entry, indexes[n]?.get(of(entry)) ?? [], since),
    )
    const group = [...new Set(groups.flat())].sort(
      (a, b) => a.arrived.at - b.arrived.at || (a.serverId < b.serverId ? -1 : 1),
    )
    for (const each of group) seen.add(each)
    const [first, second, ...others] = group
    if (first === undefined || second === undefined || !isSpread(group)) return []
    return [[first, second, ...others] as const]
  })
}

function indexed(
  entries: readonly KnownEntry[],
  keyOf: (entry: KnownEntry) => string,
): ReadonlyMap<string, readonly KnownEntry[]> {
  const index = new Map<string, KnownEntry[]>()
  for (const entry of entries) {
    const others = index.get(keyOf(entry))
    if (others === undefined) index.set(keyOf(entry), [entry])
    else others.push(entry)
  }
  return index
}

/** Two clients, and not by one project's own files alone: those come together, with a checkout. */
function isSpread(group: readonly Arrived[]): boolean {
  const clients = new Set(group.map(clientOf))
  const places = new Set(
    group.map((entry) => (entry.scope.startsWith('project:') ? entry.scope : clientOf(entry))),
  )
  return clients.size > 1 && places.size > 1
}

/** Clients that are not known by name are told apart by their files. */
export function clientOf({ client, source }: KnownEntry): string {
  return client === UNKNOWN.id ? `${client} ${source}` : client
}

/** Those of one key that came one after the other with it; none where somebody had it before. */
function around(
  entry: KnownEntry,
  holders: readonly KnownEntry[],
  heldSince: (holder: Arrived) => EpochMs,
): readonly Arrived[] {
  const { arrived } = entry
  if (arrived === null) return []
  const isNew = (other: KnownEntry): other is Arrived =>
    isArrived(other) && heldSince(other) >= arrived.at - NEW_FOR_MS
  if (!holders.every(isNew)) return []
  const ordered = holders.toSorted((a, b) => a.arrived.at - b.arrived.at)
  const place = ordered.findIndex(({ serverId }) => serverId === entry.serverId)
  let [from, to] = [place, place]
  while (from > 0 && isNear(ordered[from - 1], ordered[from])) from -= 1
  while (to < ordered.length - 1 && isNear(ordered[to], ordered[to + 1])) to += 1
  return ordered.slice(Math.max(0, from), to + 1)
}

function isArrived(entry: KnownEntry): entry is Arrived {
  return entry.arrived !== null
}

/** Also two that may have been: what came while nothing was watched has a span, not a time. */
function isNear(earlier: Arrived | undefined, later: Arrived | undefined): boolean {
  if (earlier === undefined || later === undefined) return false
  return later.arrived.since - earlier.arrived.at <= WITHIN_MS
}

/** An entry has its name for as long as it is known, and what it runs since it arrived. */
const KEYS: readonly {
  readonly of: (entry: KnownEntry) => string
  readonly since: (entry: Arrived) => EpochMs
}[] = [
  { of: ({ name }) => name, since: ({ firstSeen }) => firstSeen },
  { of: ({ print }) => identityOf(print), since: ({ arrived }) => arrived.at },
]

function identityOf({ package: name, url, whole }: Print): string {
  return name ?? url ?? whole
}

/** The time that lies between the first and the last, in ms; null where it is not known. */
export function lengthOf(group: readonly Arrived[]): EpochMs | null {
  const [first] = group
  const last = group.at(-1)
  if (first === undefined || last === undefined) return null
  const isExact = group.every(({ arrived }) => arrived.at - arrived.since <= WITHIN_MS)
  return isExact ? last.arrived.at - first.arrived.at : null
}
