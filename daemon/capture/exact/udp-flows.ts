/** What one UDP socket sends, by destination. */
import type { SocketAddress } from '../../../shared/model/observation.ts'
import type { Entry } from './book-entry.ts'

export interface UdpFlows {
  size(): number
  /** What was meant to go there. */
  get(remote: SocketAddress): Entry | null
  /**
   * Whose datagram it is that is seen to go there. An address can be translated on the way (nat), so that it goes where
   * nobody meant to send: it then belongs to what has sent nothing yet, if there is only one. Else nobody is guessed.
   */
  sender(seen: SocketAddress): Entry | null
  oldest(): Entry | null
  add(entry: Entry): void
  remove(entry: Entry): void
  all(): readonly Entry[]
}

export function createUdpFlows(): UdpFlows {
  const meant = new Map<string, Entry>()
  const translated = new Map<string, Entry>()
  const silent = new Set<Entry>()
  return {
    size: () => meant.size,
    get: (remote) => meant.get(endText(remote)) ?? null,
    sender(seen) {
      const key = endText(seen)
      const known = meant.get(key) ?? translated.get(key)
      if (known !== undefined) {
        silent.delete(known)
        return known
      }
      const [only] = silent
      if (only === undefined || silent.size > 1) return null
      silent.delete(only)
      translated.set(key, only)
      return only
    },
    oldest: () => meant.values().next().value ?? null,
    add(entry) {
      meant.set(endText(entry.facts.remote), entry)
      silent.add(entry)
    },
    remove(entry) {
      const key = endText(entry.facts.remote)
      if (meant.get(key) === entry) meant.delete(key)
      silent.delete(entry)
      for (const [seen, other] of translated) if (other === entry) translated.delete(seen)
    },
    all: () => [...meant.values()],
  }
}

function endText({ address, port }: SocketAddress): string {
  return `${address} ${port}`
}
