import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { FRAME_KIND } from '../../../daemon/capture/exact/service-protocol.ts'
import { createPeer } from '../../../daemon/capture-service/peer.ts'

const MEBIBYTE = 1 << 20

/** A socket whose other end reads only when the test says so. */
function socketOf() {
  const frames: Buffer[] = []
  const socket = Object.assign(new EventEmitter(), {
    destroyed: false,
    writableEnded: false,
    writableLength: 0,
    bytesWritten: 0,
    cork: () => undefined,
    uncork: () => undefined,
    write(frame: Buffer) {
      frames.push(frame)
      socket.writableLength += frame.length
      socket.bytesWritten += frame.length
    },
    end: (frame: Buffer, done: () => void) => {
      socket.write(frame)
      socket.writableEnded = true
      done()
    },
    destroy: () => {
      socket.destroyed = true
    },
  })
  const read = (bytes = socket.writableLength): void => {
    socket.writableLength -= bytes
    if (socket.writableLength === 0) socket.emit('drain')
  }
  const peer = createPeer(socket as unknown as Socket, Buffer.from('hello'))
  return { socket, peer, frames, read }
}

const headOf = (frame: Buffer | undefined) =>
  frame === undefined ? null : [frame.readUInt32LE(0), frame.readUInt32LE(4)]

describe('a connection of the capture service', () => {
  it('keeps what fits, counts the rest, and tells the count before what comes next', () => {
    const { peer, frames, read } = socketOf()
    const big = Buffer.alloc(MEBIBYTE / 2 - 5)
    for (let round = 0; round < 4; round += 1) peer.send(big, 100)
    peer.lose(7)
    expect(frames.length).toBe(3)
    read()
    expect(headOf(frames.at(-1))).toEqual([FRAME_KIND.lost, 207])
    peer.send(Buffer.alloc(200), 1)
    expect(frames.length).toBe(5)
    peer.lose(1)
    peer.send(Buffer.alloc(200), 1)
    expect(headOf(frames.at(-2))).toEqual([FRAME_KIND.lost, 1])
  })

  it('shows that the service lives only where nothing else waits', () => {
    const { peer, frames, read } = socketOf()
    peer.beat()
    expect(frames.length).toBe(1)
    read()
    peer.beat()
    expect(headOf(frames.at(-1))).toEqual([FRAME_KIND.heartbeat, 0])
  })

  it('is closed when nobody read anything for a minute, and not while somebody reads', () => {
    const { peer, socket, read } = socketOf()
    peer.send(Buffer.alloc(1_000), 1)
    for (let beat = 0; beat < 30; beat += 1) {
      read(10)
      peer.beat()
    }
    expect(socket.destroyed).toBe(false)
    for (let beat = 0; beat < 11; beat += 1) peer.beat()
    expect(socket.destroyed).toBe(false)
    peer.beat()
    expect(socket.destroyed).toBe(true)
    const before = socket.bytesWritten
    peer.send(Buffer.alloc(10), 1)
    expect(socket.bytesWritten).toBe(before)
  })

  it('says why it ends where that is read, and waits for nobody', () => {
    const idle = socketOf()
    idle.read()
    idle.peer.end('stopping')
    expect(headOf(idle.frames.at(-1))).toEqual([FRAME_KIND.end, 4])
    expect(idle.socket.destroyed).toBe(true)
    const stuck = socketOf()
    stuck.peer.end('stopping')
    expect(stuck.frames.length).toBe(1)
    expect(stuck.socket.destroyed).toBe(true)
  })
})
