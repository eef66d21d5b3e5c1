/** Sampled rows beside the attempts in the book: which of them stand for an attempt, and what they add to it. */
import type { SocketRow } from '../../../shared/model/observation.ts'
import { type AttemptFacts, isSameEnd, isTellable } from './attempt-facts.ts'
import { withSample } from './attempt-row.ts'
import type { Entry } from './book-entry.ts'
import { cookieNumber, type OpenAttempts } from './book-open.ts'
import { type Ends, endsKey, type Past } from './book-past.ts'

export interface MergeParts {
  readonly open: OpenAttempts
  readonly past: Past
  readonly change: (entry: Entry, facts: AttemptFacts) => void
  readonly forget: (entry: Entry) => void
  /** Namespace of the attempt; null where it is not known. */
  readonly placeOf: (entry: Entry) => string | null
}

export interface SampleMerge {
  /** Whether the row is told as it is: false where the book tells of the same. */
  keeps(row: SocketRow, netns: string): boolean
}

/** For the samples of one batch. */
export function createSampleMerge(parts: MergeParts, nowNs: number): SampleMerge {
  const { open, past, change, forget } = parts
  let byEnds: ReadonlyMap<string, Entry> | null = null

  const learn = (entry: Entry, row: SocketRow, netns: string): void => {
    if (row.endedAt !== undefined || row.state === 'time-wait') {
      entry.sampledEnd ??= row
      return
    }
    show(entry, nowNs)
    entry.sampled = withSample(entry.sampled, row, netns)
    if (entry.facts.local === null) change(entry, { ...entry.facts, local: row.local })
  }
  const keepsTcp = (entry: Entry, row: SocketRow, netns: string): boolean => {
    if (entry.owner !== null) {
      learn(entry, row, netns)
      return false
    }
    // Whose it is is seen before it is known: then its end is told here.
    if (row.endedAt !== undefined && row.holders.length > 0) {
      forget(entry)
      past.add(row, row.cookie ?? '', netns, nowNs)
    }
    return true
  }
  const keepsUdp = (flows: readonly Entry[], row: SocketRow, netns: string): boolean => {
    let isKept = true
    for (const flow of flows) {
      const isOver = row.endedAt !== undefined
      if (!isOver) show(flow, nowNs)
      if (row.remote === null || !isSameEnd(row.remote, flow.facts.remote)) {
        // Another of its destinations, and not who holds it for this one.
        if (!isOver)
          flow.sampled = {
            ...withSample(flow.sampled, row, netns),
            holders: flow.sampled?.holders ?? [],
          }
      } else if (flow.owner !== null && isTellable(flow.facts)) {
        if (!isOver) flow.sampled = withSample(flow.sampled, row, netns)
        isKept = false
      }
    }
    return isKept && !past.has(row, netns)
  }
  const withoutCookie = (row: SocketRow, netns: string): boolean => {
    byEnds ??= indexByEnds(parts)
    const entry = byEnds.get(endsKey(row, netns))
    if (entry === undefined) return true
    learn(entry, row, netns)
    return false
  }
  return {
    keeps(row, netns) {
      const cookie = cookieNumber(row.cookie)
      const socket = cookie === null ? null : open.socket(cookie)
      if (socket?.protocol === 'udp' && row.protocol === 'udp')
        return keepsUdp(socket.flows.all(), row, netns)
      if (row.remote === null) return true
      if (socket?.protocol === 'tcp' && isSameAttempt(socket.entry, row))
        return keepsTcp(socket.entry, row, netns)
      return !past.has(row, netns) && (row.cookie !== null || withoutCookie(row, netns))
    },
  }
}

function show(entry: Entry, nowNs: number): void {
  entry.shownNs = nowNs
  entry.lackedNs = null
}

/** Not an earlier connection of the same socket. */
function isSameAttempt({ facts }: Entry, row: SocketRow): boolean {
  const { protocol, local, remote } = facts
  if (row.protocol !== protocol || row.remote === null || !isSameEnd(row.remote, remote))
    return false
  return local === null || local.port === row.local.port
}

function indexByEnds({ open, placeOf }: MergeParts): ReadonlyMap<string, Entry> {
  const index = new Map<string, Entry>()
  for (const entry of open.all()) {
    const { protocol, local, remote } = entry.facts
    const netns = placeOf(entry)
    if (local === null || netns === null || entry.owner === null) continue
    const ends: Ends = { protocol, local, remote }
    index.set(endsKey(ends, netns), entry)
  }
  return index
}
