/** The attempts that are under way, by the cookie of their socket: of TCP one each, of UDP one for each destination. */
import type { Entry } from './book-entry.ts'
import { createUdpFlows, type UdpFlows } from './udp-flows.ts'

export type OpenSocket =
  | { readonly protocol: 'tcp'; readonly entry: Entry }
  | { readonly protocol: 'udp'; readonly flows: UdpFlows }

export interface OpenAttempts {
  has(cookie: number): boolean
  socket(cookie: number): OpenSocket | null
  /** The one attempt of a TCP socket; null also where the cookie is another kind's. */
  tcp(cookie: number): Entry | null
  flows(cookie: number): UdpFlows | null
  /** Of all UDP sockets. */
  flowCount(): number
  oldestFlow(): Entry | null
  add(entry: Entry): void
  remove(entry: Entry): void
  all(): Iterable<Entry>
}

export function createOpenAttempts(): OpenAttempts {
  const sockets = new Map<number, OpenSocket>()
  /** In the order in which they began. */
  const allFlows = new Set<Entry>()
  const flowsOf = (cookie: number): UdpFlows | null => {
    const socket = sockets.get(cookie)
    return socket?.protocol === 'udp' ? socket.flows : null
  }
  return {
    has: (cookie) => sockets.has(cookie),
    socket: (cookie) => sockets.get(cookie) ?? null,
    tcp(cookie) {
      const socket = sockets.get(cookie)
      return socket?.protocol === 'tcp' ? socket.entry : null
    },
    flows: flowsOf,
    flowCount: () => allFlows.size,
    oldestFlow: () => allFlows.values().next().value ?? null,
    add(entry) {
      const { cookie, facts } = entry
      if (facts.protocol === 'tcp') {
        sockets.set(cookie, { protocol: 'tcp', entry })
        return
      }
      const flows = flowsOf(cookie) ?? createUdpFlows()
      flows.add(entry)
      allFlows.add(entry)
      sockets.set(cookie, { protocol: 'udp', flows })
    },
    remove(entry) {
      const socket = sockets.get(entry.cookie)
      if (socket?.protocol === 'tcp' && socket.entry === entry) sockets.delete(entry.cookie)
      if (socket?.protocol !== 'udp') return
      socket.flows.remove(entry)
      allFlows.delete(entry)
      if (socket.flows.size() === 0) sockets.delete(entry.cookie)
    },
    *all() {
      for (const socket of sockets.values()) {
        if (socket.protocol === 'tcp') yield socket.entry
        else yield* socket.flows.all()
      }
    },
  }
}

/** As sock_diag(7) has it in a row; null for what no socket in the book can have. */
export function cookieNumber(hex: string | null): number | null {
  if (hex === null) return null
  const cookie = Number.parseInt(hex, 16)
  return Number.isSafeInteger(cookie) ? cookie : null
}
