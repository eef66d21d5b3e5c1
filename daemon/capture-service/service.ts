/** The capture service: hands each user the events of that user's own processes, and nothing of anybody else's. */
import type { Socket } from 'node:net'
import type { ExactSource } from '../capture/exact/parts.ts'
import {
  endFrame,
  HEARTBEAT_MS,
  type Hello,
  helloBytes,
} from '../capture/exact/service-protocol.ts'
import { createAdmission, type Limits } from './admission.ts'
import { createPeer, endWith, type Peer } from './peer.ts'
import { route } from './route.ts'
import { createUser, type User } from './user.ts'

export interface ServiceDeps {
  readonly source: ExactSource
  /** Whose process is at the other end, as the kernel says; null where it does not. */
  readonly uidOf: (socket: Socket) => number | null
  readonly hello: Hello
  /** Called each time that all was handed on and all peers were told that the service lives. */
  readonly beat: () => void
  /** Nothing comes any more; called once. */
  readonly fail: (error: unknown) => void
  readonly limits?: Limits
}

export interface CaptureService {
  start(): void
  /** A connection that was accepted. */
  accept(socket: Socket): void
  /** Ends every connection and the source. Can be repeated. */
  stop(): Promise<void>
}

const LIMITS: Limits = { perUser: 8, inAll: 64 }

export function createCaptureService(deps: ServiceDeps): CaptureService {
  const { source, uidOf, limits = LIMITS } = deps
  const hello = helloBytes(deps.hello)
  const admission = createAdmission(limits)
  let users: readonly User[] = []
  let timer: NodeJS.Timeout | undefined
  let isOver = false

  const take = (words: Uint32Array, first: number): void => {
    route(users, words, first)?.take(words, first)
  }
  const pump = (): void => {
    if (isOver) return
    // How many the kernel lost is a number about all users: each is told that there may be one of theirs.
    const hasLost = source.drain(take) > 0
    for (const user of users) {
      if (hasLost) user.lose(1)
      user.flush()
    }
  }
  const beat = (): void => {
    pump()
    for (const { peers } of users) for (const peer of peers) peer.beat()
    deps.beat()
  }
  const userOf = (uid: number): User => {
    const known = users.find((user) => user.uid === uid)
    if (known !== undefined) return known
    const fresh = createUser(uid)
    users = [...users, fresh]
    return fresh
  }
  const leave = (user: User, peer: Peer): void => {
    admission.leave(user.uid)
    user.peers.delete(peer)
    if (user.peers.size === 0) users = users.filter((each) => each !== user)
  }
  const endAll = (reason: 'stopping' | 'capture-failed'): void => {
    isOver = true
    clearInterval(timer)
    for (const { peers } of users) for (const peer of peers) peer.end(reason)
  }
  return {
    start() {
      timer = setInterval(beat, HEARTBEAT_MS)
      source.start({
        wake: pump,
        fail(error) {
          if (isOver) return
          endAll('capture-failed')
          deps.fail(error)
        },
      })
    },
    accept(socket) {
      const uid = uidOf(socket)
      if (uid === null || isOver) {
        socket.destroy()
        return
      }
      const refusal = admission.enter(uid)
      if (refusal !== null) {
        socket.on('error', () => undefined)
        endWith(socket, Buffer.concat([hello, endFrame(refusal)]))
        return
      }
      // What came before is nobody's that listens now.
      pump()
      const user = userOf(uid)
      const peer = createPeer(socket, hello)
      user.peers.add(peer)
      socket.on('close', () => leave(user, peer))
    },
    async stop() {
      endAll('stopping')
      await source.stop()
    },
  }
}
