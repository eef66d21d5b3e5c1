/** Where each server went before, told coarsely: what tells a new destination from a usual one. */
import { wideNetwork } from '../../shared/address/network.ts'
import type { EpochMs, ServerId } from '../../shared/model/ids.ts'
import type { JudgedConnection } from '../../shared/model/judgement.ts'
import { type KnownDestination, WATCHING_BEGAN } from '../../shared/model/tick.ts'
import { isHostName } from './names.ts'
import type { Subject } from './subject.ts'

export interface History {
  readonly since: EpochMs
  readonly keys: ReadonlySet<string>
}

export type Histories = ReadonlyMap<ServerId, History>

/** Shorter ones do not tell what is usual for a server. */
const LEAST_HISTORY_MS = 3 * 24 * 60 * 60_000
/** A server with more goes everywhere, so that nothing is news of it. */
export const MAX_KEYS = 2_000

export function historiesOf(known: readonly KnownDestination[]): Histories {
  const since = new Map<ServerId, EpochMs>()
  const keys = new Map<ServerId, Set<string>>()
  for (const { serverId, key, firstSeen } of known) {
    since.set(serverId, Math.min(since.get(serverId) ?? firstSeen, firstSeen))
    const all = keys.get(serverId) ?? new Set()
    keys.set(serverId, all)
    if (key !== WATCHING_BEGAN) all.add(key)
  }
  return new Map([...since].map(([id, at]) => [id, { since: at, keys: keys.get(id) ?? new Set() }]))
}

/** A connection to a place that its server never went to; `key` is that place. */
export interface Novelty {
  readonly judged: JudgedConnection
  readonly subject: Subject
  readonly key: string
}

export interface HistoryFold {
  /** A server runs: its history begins, if it has none. */
  begin(server: ServerId): void
  /** A connection that is new, or has a new name. */
  meet(judged: JudgedConnection, subject: Subject, isNew: boolean): void
  readonly histories: () => Histories
  readonly learned: readonly KnownDestination[]
  readonly novelties: readonly Novelty[]
}

export function foldHistories(before: Histories, at: EpochMs): HistoryFold {
  const changed = new Map<ServerId, { readonly since: EpochMs; readonly keys: Set<string> }>()
  const learned: KnownDestination[] = []
  const novelties: Novelty[] = []
  const historyOf = (id: ServerId): History | undefined => changed.get(id) ?? before.get(id)
  const learn = (serverId: ServerId, key: string): void => {
    const known = historyOf(serverId)
    if (known === undefined || known.keys.has(key) || known.keys.size >= MAX_KEYS) return
    const own = changed.get(serverId) ?? { since: known.since, keys: new Set(known.keys) }
    own.keys.add(key)
    changed.set(serverId, own)
    learned.push({ serverId, key, firstSeen: at })
  }
  const begin = (serverId: ServerId): void => {
    if (historyOf(serverId) !== undefined) return
    changed.set(serverId, { since: at, keys: new Set() })
    learned.push({ serverId, key: WATCHING_BEGAN, firstSeen: at })
  }
  return {
    begin,
    meet: (judged, subject, isNew) => {
      if (!isOfTheServer(judged)) return
      const { serverId } = judged
      begin(serverId)
      const [telling, ...others] = keysOf(judged)
      const history = historyOf(serverId)
      if (
        isNew &&
        history !== undefined &&
        isNews(history, telling, at) &&
        isWatched(judged, subject)
      )
        novelties.push({ judged, subject, key: telling })
      for (const key of [telling, ...others]) learn(serverId, key)
    },
    histories: () => (changed.size === 0 ? before : new Map([...before, ...changed])),
    learned,
    novelties,
  }
}

function isNews({ since, keys }: History, key: string, at: EpochMs): boolean {
  return at - since >= LEAST_HISTORY_MS && keys.size < MAX_KEYS && !keys.has(key)
}

/** The hosts by name, if it has one, and in any case the network: a name may come late or be forgotten. */
function keysOf({ connection, names }: JudgedConnection): readonly [string, ...string[]] {
  const { protocol, remote } = connection
  const network = `${protocol} ${remote.port} ${wideNetwork(remote.address)}`
  const hosts = names.filter(isHostName).map(({ name }) => `host ${name}`)
  const [first, ...others] = hosts
  return first === undefined ? [network] : [first, ...others, network]
}

/** What it does itself beyond this host; fetching and looking up names is not. */
function isOfTheServer({ connection, trafficClass, scope }: JudgedConnection): boolean {
  return (
    connection.direction === 'outbound' &&
    connection.owner !== null &&
    !connection.inherited &&
    (trafficClass === 'server' || trafficClass === 'telemetry') &&
    scope !== 'loopback' &&
    scope !== 'self' &&
    scope !== 'unspecified'
  )
}

/**
 * Whether news of it is worth telling: what is unexpected is told anyway, and a server that is known to go anywhere by
 * design, or whose children may, has new destinations all day.
 */
function isWatched(judged: JudgedConnection, subject: Subject): boolean {
  const { connection, verdict } = judged
  const { expectation, record, areChildrenFree, instance } = subject
  if (!instance.judged) return false
  // Signing in is to the same service each time.
  if (judged.reason === 'maybe-sign-in') return true
  if (verdict !== 'expected') return false
  if (connection.owner?.role === 'child' && areChildrenFree) return false
  if (expectation === 'open') return record?.expectationSource !== 'catalogue'
  return expectation === 'lan'
}
