/** Connections that were told to the end: samples may still show what is left of them. */
import type { Protocol, SocketAddress, SocketRow } from '../../../shared/model/observation.ts'

export interface Ends {
  readonly protocol: Protocol
  readonly local: SocketAddress
  readonly remote: SocketAddress | null
}

export interface Past {
  /** `netns` is null where it is not known. */
  add(ends: Ends, cookie: string, netns: string | null, nowNs: number): void
  /** Whether the row is what is left of one: of the same socket, or, where that is not told, with the same ends. */
  has(row: SocketRow, netns: string): boolean
  forgetOld(nowNs: number): void
}

/** TIME_WAIT is a minute (TCP_TIMEWAIT_LEN); what tells of it may be late. Kept so long at least, twice at most. */
const KEEP_NS = 120e9
const MOST = 80_000

/** In two halves, of which the older is forgotten as a whole: no key needs a time of its own. */
export function createPast(most: number = MOST): Past {
  let [young, old] = [new Set<string>(), new Set<string>()]
  let sinceNs: number | null = null
  const turn = (nowNs: number): void => {
    old = young
    young = new Set()
    sinceNs = nowNs
  }
  const put = (key: string, nowNs: number): void => {
    if (young.size >= most / 2) turn(nowNs)
    young.add(key)
  }
  return {
    add(ends, cookie, netns, nowNs) {
      put(endsKey(ends, cookie), nowNs)
      if (netns !== null) put(endsKey(ends, netns), nowNs)
    },
    has(row, netns) {
      if (young.size === 0 && old.size === 0) return false
      const key = endsKey(row, row.cookie ?? netns)
      return young.has(key) || old.has(key)
    },
    forgetOld(nowNs) {
      sinceNs ??= nowNs
      if (nowNs - sinceNs >= KEEP_NS) turn(nowNs)
    },
  }
}

/** A socket can be connected again, to somebody else or from another port: that is not past. */
export function endsKey({ protocol, local, remote }: Ends, place: string): string {
  return `${place} ${protocol} ${local.port} ${remote === null ? '' : endText(remote)}`
}

function endText({ address, port }: SocketAddress): string {
  return `${address} ${port}`
}
