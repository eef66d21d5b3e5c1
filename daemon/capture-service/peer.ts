/** One connection of a user's: what is sent there waits for its reader up to a limit, and is counted beyond it. */
import type { Socket } from 'node:net'
import { type EndReason, endFrame, frameHeader } from '../capture/exact/service-protocol.ts'

export interface Peer {
  /** A whole frame, and how many events are in it. The bytes must not change any more. */
  send(frame: Uint8Array, events: number): void
  /** Events that this peer will not get. */
  lose(events: number): void
  /** Called every HEARTBEAT_MS: shows that the service lives; ends a connection that nobody reads for too long. */
  beat(): void
  /** Says why, as far as it is still read, and ends. */
  end(reason: EndReason): void
}

const MOST_QUEUED_BYTES = 1 << 20
const MOST_COUNT = 0xffff_ffff
/** About a minute. */
const MOST_BEATS_UNREAD = 12
/** Nothing is to be said to the service. */
const MOST_HEARD_BYTES = 64

export function createPeer(socket: Socket, hello: Uint8Array): Peer {
  let lost = 0
  let heard = 0
  let taken = 0
  let unread = 0

  const write = (frame: Uint8Array): boolean => {
    if (socket.destroyed || socket.writableEnded) return false
    if (socket.writableLength + frame.length > MOST_QUEUED_BYTES) return false
    socket.write(frame)
    return true
  }
  const tellLost = (): void => {
    if (lost === 0) return
    const told = Math.min(lost, MOST_COUNT)
    if (write(frameHeader('lost', told))) lost -= told
  }
  // What is wrong with one connection is no matter of the service.
  socket.on('error', () => undefined)
  socket.on('drain', tellLost)
  socket.on('data', (chunk) => {
    heard += chunk.length
    if (heard > MOST_HEARD_BYTES) socket.destroy()
  })
  write(hello)
  return {
    send(frame, events) {
      // Together as one system call.
      socket.cork()
      tellLost()
      if (!write(frame)) lost += events
      socket.uncork()
    },
    lose(events) {
      lost += events
    },
    beat() {
      const now = socket.bytesWritten - socket.writableLength
      unread = socket.writableLength > 0 && now === taken ? unread + 1 : 0
      taken = now
      if (unread >= MOST_BEATS_UNREAD) socket.destroy()
      tellLost()
      // What still waits to be read says as much.
      if (socket.writableLength === 0) write(frameHeader('heartbeat', 0))
    },
    end(reason) {
      // Behind what nobody reads nothing would be heard, and it would be waited for without end.
      if (socket.writableLength > 0) socket.destroy()
      else endWith(socket, endFrame(reason))
    },
  }
}

/** Nothing is waited for: the other end may never close its side. */
export function endWith(socket: Socket, bytes: Uint8Array): void {
  if (socket.destroyed || socket.writableEnded) return
  socket.end(bytes, () => socket.destroy())
}
