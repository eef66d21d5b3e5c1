/** The sockets of one user's processes, by their cookies: most events of the kernel say no more of whose they are. */
import { TCP_STATE } from '../capture/exact/socket-event.ts'

export interface Cookies {
  /** A process of this user used the socket. */
  learn(cookie: number): void
  /** A process of another user did: what follows is not this user's. True where it was known. */
  forget(cookie: number): boolean
  /** Whether a later event of the socket is this user's. */
  has(cookie: number): boolean
  /** TCP sent something: its end will be told. */
  connecting(cookie: number): void
  closed(cookie: number): void
  /** The last descriptor is gone; `state` is that of TCP, 0 of others. */
  released(cookie: number, state: number): void
  /** How many were given up for later ones since the last call, and had more to tell. */
  takeEvicted(): number
}

const CONNECTING = 1
const CLOSED = 2
const RELEASED = 4

/** `most`: sockets at once; the one that was used least lately goes first. */
export function createCookies(most: number): Cookies {
  const known = new Map<number, number>()
  let evicted = 0
  const evict = (): void => {
    const [oldest] = known
    if (oldest === undefined) return
    known.delete(oldest[0])
    // A part of an MPTCP connection is closed and never released.
    if ((oldest[1] & CLOSED) === 0) evicted += 1
  }
  return {
    learn(cookie) {
      // Put behind all others.
      known.delete(cookie)
      if (known.size >= most) evict()
      known.set(cookie, 0)
    },
    forget: (cookie) => known.delete(cookie),
    has: (cookie) => known.has(cookie),
    connecting(cookie) {
      if (known.has(cookie)) known.set(cookie, CONNECTING)
    },
    closed(cookie) {
      const was = known.get(cookie)
      if (was === undefined) return
      if ((was & RELEASED) !== 0) known.delete(cookie)
      else known.set(cookie, CLOSED)
    },
    released(cookie, state) {
      const was = known.get(cookie)
      if (was === undefined) return
      const isOver = (was & CONNECTING) === 0 || state === TCP_STATE.close
      if (isOver) known.delete(cookie)
      else known.set(cookie, was | RELEASED)
    },
    takeEvicted() {
      const told = evicted
      evicted = 0
      return told
    },
  }
}
