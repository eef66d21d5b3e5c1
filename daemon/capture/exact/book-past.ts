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

/** TIME_WAIT is a minute (TCP_TIMEWAIT_LEN); what tells of it may be late. */
const KEEP_NS = 120e9
const MOST = 40_000

export function createPast(most: number = MOST): Past {
  /** When it was added, oldest first. */
  const times = new Map<string, number>()
  const put = (key: string, nowNs: number): void => {
    times.delete(key)
    times.set(key, nowNs)
    if (times.size <= most) return
    const [oldest] = times.keys()
    if (oldest !== undefined) times.delete(oldest)
  }
  return {
    add(ends, cookie, netns, nowNs) {
      put(endsKey(ends, cookie), nowNs)
      if (netns !== null) put(endsKey(ends, netns), nowNs)
    },
    has: (row, netns) => times.size > 0 && times.has(endsKey(row, row.cookie ?? netns)),
    forgetOld(nowNs) {
      for (const [key, at] of times) {
        if (nowNs - at < KEEP_NS) return
        times.delete(key)
      }
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
