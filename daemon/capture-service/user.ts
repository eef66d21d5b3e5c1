/** One user who listens: the sockets that are theirs, and their connections to the service. */
import { RECORD_BYTES, RECORD_WORDS } from '../capture/exact/record-layout.ts'
import { FRAME_KIND, HEADER_BYTES } from '../capture/exact/service-protocol.ts'
import { type Cookies, createCookies } from './cookies.ts'
import type { Peer } from './peer.ts'
import type { Owner } from './route.ts'

export interface User extends Owner {
  readonly cookies: Cookies
  readonly peers: Set<Peer>
  /** Keeps a copy for the next `flush`. */
  take(words: Uint32Array, first: number): void
  /** Sends what was taken, as one frame to each. */
  flush(): void
}

const MOST_SOCKETS = 16_384
const BATCH_RECORDS = 256
const HEADER_WORDS = HEADER_BYTES / 4

export function createUser(uid: number, mostSockets: number = MOST_SOCKETS): User {
  const peers = new Set<Peer>()
  const cookies = createCookies(mostSockets)
  const batch = new Uint32Array(HEADER_WORDS + BATCH_RECORDS * RECORD_WORDS)
  let held = 0

  const lose = (events: number): void => {
    for (const peer of peers) peer.lose(events)
  }
  const flush = (): void => {
    const evicted = cookies.takeEvicted()
    if (evicted > 0) lose(evicted)
    if (held === 0) return
    batch[0] = FRAME_KIND.records
    batch[1] = held
    const bytes = Buffer.from(batch.buffer, 0, HEADER_BYTES + held * RECORD_BYTES)
    const frame = Buffer.from(bytes)
    for (const peer of peers) peer.send(frame, held)
    held = 0
  }
  return {
    uid,
    cookies,
    peers,
    lose,
    take(words, first) {
      const to = HEADER_WORDS + held * RECORD_WORDS
      // All of it is this user's: the kernel's programs fill what a kind does not use with zeros.
      for (let word = 0; word < RECORD_WORDS; word += 1) batch[to + word] = words[first + word] ?? 0
      held += 1
      if (held === BATCH_RECORDS) flush()
    },
    flush,
  }
}
