/** Names of a destination, gathered over the life of a connection. */
import type { EpochMs } from '../../shared/model/ids.ts'
import type { JudgedConnection, Name } from '../../shared/model/judgement.ts'

/** What is known of expected hosts and their addresses. */
export interface NameBook {
  /** False: the user wants no name to be looked up. */
  readonly isOn: boolean
  /** `shared`: other expected hosts have this address too. */
  namesOf(address: string): readonly {
    readonly host: string
    readonly at: EpochMs
    readonly shared: boolean
  }[]
  freshness(host: string): 'fresh' | 'pending' | 'failed'
  /** Its answers have differed, so another program may have been given an address that is not known here. */
  varies(host: string): boolean
}

const MAX_NAMES = 8

/** The expected hosts that have this address now. */
export function hostNames(book: NameBook, address: string): readonly Name[] {
  return book.namesOf(address).map(({ host, at, shared }) => ({
    name: host,
    source: shared ? 'one-of-hosts' : 'expected-host',
    at,
  }))
}

export function isHostName({ source }: Name): boolean {
  return source === 'expected-host' || source === 'one-of-hosts'
}

/**
 * A name keeps the time it was first known at, so that knowing it again is no change. One that turns out to be shared
 * stays shared.
 */
export function mergeNames(known: readonly Name[], found: readonly Name[]): readonly Name[] {
  const isShared = (name: Name): boolean =>
    name.source === 'expected-host' &&
    found.some((other) => other.source === 'one-of-hosts' && other.name === name.name)
  const kept = known.some(isShared)
    ? known.map((name): Name => (isShared(name) ? { ...name, source: 'one-of-hosts' } : name))
    : known
  const added = found.filter((name) => !kept.some((other) => says(other, name)))
  return added.length === 0 ? kept : [...kept, ...added].slice(-MAX_NAMES)
}

/** Whether anything but the connection itself differs. */
export function isJudgedAlike(a: JudgedConnection, b: JudgedConnection): boolean {
  return (
    a.verdict === b.verdict &&
    a.reason === b.reason &&
    a.scope === b.scope &&
    a.trafficClass === b.trafficClass &&
    a.relayed === b.relayed &&
    a.serverId === b.serverId &&
    a.names.length === b.names.length &&
    a.names.every((name, index) => {
      const other = b.names[index]
      return other !== undefined && isSameName(name, other)
    })
  )
}

function says(known: Name, found: Name): boolean {
  return isSameName(known, found) || (known.name === found.name && known.source === 'one-of-hosts')
}

function isSameName(a: Name, b: Name): boolean {
  return a.name === b.name && a.source === b.source
}
