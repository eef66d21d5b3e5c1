/** How a socket meets what the C library answers, with the library's part played. */
import { constants } from 'node:os'
import { expect, it } from 'vitest'
import type { Libc } from '../../../daemon/native/libc.ts'
import type { NetlinkSocket } from '../../../daemon/native/native.ts'
import { openNetlink } from '../../../daemon/native/netlink-socket.ts'

const { EAGAIN, EINTR, ENOBUFS, EPERM } = constants.errno

interface Played {
  readonly socket: NetlinkSocket
  readonly closed: number[]
}

/** Each receive is an errno, or the port of the sender and how many bytes it sent. */
function play(receives: readonly (number | readonly [port: number, length: number])[]): Played {
  const [rest, closed] = [[...receives], [] as number[]]
  let errno = 0
  const libc = {
    socket: () => 9,
    bind: () => 0,
    sendto: () => {
      const next = rest.shift()
      errno = typeof next === 'number' ? next : 0
      return errno === 0 ? 4 : -1
    },
    recvfrom: (_fd: number, _into: unknown, _size: number, _flags: number, from: Uint32Array) => {
      const next = rest.shift() ?? EAGAIN
      if (typeof next === 'number') {
        errno = next
        return -1
      }
      from[1] = next[0]
      return next[1]
    },
    close: (fd: number) => closed.push(fd),
    koffi: { errno: () => errno },
  } as unknown as Libc
  return { socket: openNetlink(libc, 4, {}), closed }
}

it('goes on after a signal', () => {
  const { socket } = play([EINTR, EINTR, [0, 40]])
  expect(socket.receive(new Uint8Array(64))).toBe(40)
  const { socket: other } = play([EINTR, [0, 4], EPERM])
  expect(() => other.send(new Uint8Array(4))).not.toThrow()
  expect(() => other.send(new Uint8Array(4))).toThrow('sendto: EPERM')
})

it('drops what other processes send', () => {
  const { socket } = play([[4_711, 40], [1, 20], [0, 30], EAGAIN])
  expect(socket.receive(new Uint8Array(64))).toBe(30)
  expect(socket.receive(new Uint8Array(64))).toBe(0)
})

it('says what was lost, and when a datagram was longer than there was room', () => {
  const { socket } = play([ENOBUFS, [0, 90]])
  expect(() => socket.receive(new Uint8Array(64))).toThrow('recvfrom: ENOBUFS')
  expect(socket.receive(new Uint8Array(64))).toBe(90)
})

it('closes once: the number may be another file’s a moment later', () => {
  const { socket, closed } = play([])
  socket.close()
  socket.close()
  expect(closed).toEqual([9])
})
