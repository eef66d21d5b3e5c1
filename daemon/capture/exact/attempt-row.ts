/** An attempt as a row of a batch. Pure. */
import type { EpochMs } from '../../../shared/model/ids.ts'
import type {
  Bytes,
  Holder,
  SocketAddress,
  SocketRow,
  SocketState,
} from '../../../shared/model/observation.ts'
import type { Outcome } from '../../../shared/model/outcome.ts'
import type { AttemptFacts, TcpPhase } from './attempt-facts.ts'
import type { Entry, Sampled } from './book-entry.ts'

/** A moment by both clocks: that of walls in ms, and CLOCK_MONOTONIC in ns. */
export interface Moment {
  readonly at: EpochMs
  readonly atNs: number
}

const TOLD_STATE = {
  asked: 'syn-sent',
  waiting: 'syn-sent',
  established: 'established',
  closing: 'closing',
} as const satisfies Record<TcpPhase, SocketState>
/** States that a connection goes through, in this order. */
const ORDER: readonly SocketState[] = ['syn-sent', 'syn-received', 'established', 'closing']

/** When that was, by the clock of walls; never later than now. */
export function wallMs(atNs: number, now: Moment): EpochMs {
  return Math.round(now.at - Math.max(0, now.atNs - atNs) / 1e6)
}

/** `firstSeen` is told the same each time, whatever the clock of walls did meanwhile. */
export function attemptRow(
  entry: Entry,
  owner: Holder,
  firstSeen: EpochMs,
  now: Moment,
): SocketRow {
  const { facts, sampled, cookie, by } = entry
  const { remote, end } = facts
  const state = stateOf(facts, sampled)
  return {
    protocol: facts.protocol,
    state,
    local: facts.local ?? unspecified(remote),
    remote,
    inode: sampled?.inode ?? null,
    // As sock_diag(7) has it.
    cookie: cookie.toString(16),
    uid: sampled?.uid ?? by.uid,
    cgroup: sampled?.cgroup ?? null,
    holders: holdersOf(owner, sampled),
    firstSeen,
    ...(end === null ? {} : { endedAt: Math.max(firstSeen, wallMs(end.atNs, now)) }),
    bytes: bytesOf(facts, sampled),
    outcome: outcomeOf(facts, state),
  }
}

/** Whether they tell the same, so that the older one can stand for both. */
export function isSameRow(a: SocketRow, b: SocketRow): boolean {
  return (
    a.state === b.state &&
    a.outcome === b.outcome &&
    a.inode === b.inode &&
    a.uid === b.uid &&
    a.cgroup === b.cgroup &&
    a.endedAt === b.endedAt &&
    a.bytes?.sent === b.bytes?.sent &&
    a.bytes?.received === b.bytes?.received &&
    a.local.port === b.local.port &&
    a.local.address === b.local.address &&
    a.holders.length === b.holders.length &&
    a.holders.every(({ process, pid }, index) => {
      const other = b.holders[index]
      return other?.process === process && other.pid === pid
    })
  )
}

/** What this row tells beyond what was known. */
export function withSample(before: Sampled | null, row: SocketRow, netns: string): Sampled {
  return {
    netns,
    inode: row.inode ?? before?.inode ?? null,
    uid: row.uid ?? before?.uid ?? null,
    cgroup: row.cgroup ?? before?.cgroup ?? null,
    state: row.state,
    holders: row.holders,
    bytes: row.bytes ?? before?.bytes ?? null,
  }
}

function stateOf(facts: AttemptFacts, sampled: Sampled | null): SocketState {
  if (facts.protocol === 'udp') return 'connected'
  const told = TOLD_STATE[facts.phase]
  // That the other end has sent all (CLOSE_WAIT) is only seen.
  const seen = sampled?.state ?? told
  return ORDER.indexOf(seen) > ORDER.indexOf(told) ? seen : told
}

function outcomeOf(facts: AttemptFacts, state: SocketState): Outcome {
  if (facts.end !== null) return facts.end.outcome
  return state === 'syn-sent' || state === 'syn-received' ? 'unknown' : 'established'
}

function bytesOf(facts: AttemptFacts, sampled: Sampled | null): Bytes | null {
  if (facts.end !== null) return facts.end.bytes
  return facts.protocol === 'udp' ? { sent: facts.sent, received: null } : (sampled?.bytes ?? null)
}

/** Who made it is first, also when it has passed it on. */
function holdersOf(owner: Holder, sampled: Sampled | null): readonly Holder[] {
  if (sampled === null) return [owner]
  return [owner, ...sampled.holders.filter(({ process }) => !isSameProcess(process, owner.process))]
}

/** A descriptor survives exec, so the exec epoch, the last part of the key, does not count. */
function isSameProcess(a: string, b: string): boolean {
  return a.slice(0, a.lastIndexOf(':')) === b.slice(0, b.lastIndexOf(':'))
}

function unspecified({ address }: SocketAddress): SocketAddress {
  return { address: address.includes(':') ? '::' : '0.0.0.0', port: 0, zone: null }
}
