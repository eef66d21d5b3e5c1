import { describe, expect, it } from 'vitest'
import { createUnixPeers, peerRequest } from '../../../daemon/capture/sock-diag/unix-diag.ts'
import { nativeFault } from '../../../daemon/native/native.ts'
import { ERROR, fakeSocket, message, numberBody, type Received, ROW } from './inet-diag-bytes.ts'

/** struct unix_diag_msg with attributes, each `[kind, value]` of 32 bits. */
function body(inode: number, attributes: readonly (readonly [number, number])[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(16 + attributes.length * 8))
  view.setUint8(0, 1)
  view.setUint32(4, inode, true)
  for (const [index, [kind, value]] of attributes.entries()) {
    view.setUint16(16 + index * 8, 8, true)
    view.setUint16(18 + index * 8, kind, true)
    view.setUint32(20 + index * 8, value, true)
  }
  return new Uint8Array(view.buffer)
}

const row = (sequence: number, bytes: Uint8Array): Uint8Array => message(ROW, 0, sequence, bytes)

function peersOf(
  inodes: readonly number[],
  answer: (sequence: number, nth: number) => readonly Received[],
): { peers: [number, number][]; sent: readonly Uint8Array[]; closed: boolean } {
  const socket = fakeSocket((sequence, _sent, nth) => answer(sequence, nth))
  let closed = false
  const close = (): void => {
    closed = true
  }
  const peers = createUnixPeers({ netlink: () => Object.assign(socket, { close }) })
  return { peers: [...peers(inodes)], sent: socket.sent, closed }
}

describe('the peers of Unix sockets', () => {
  it('are asked for one by one, by inode alone', () => {
    const { peers, sent, closed } = peersOf([7, 9], (s, nth) => [
      row(
        s,
        body(nth === 1 ? 7 : 9, [
          [6, 0],
          [2, nth + 70],
        ]),
      ),
    ])
    expect(peers).toEqual([
      [7, 71],
      [9, 72],
    ])
    expect(closed).toBe(true)
    // struct nlmsghdr: 40 bytes, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST; struct unix_diag_req: AF_UNIX, all states.
    expect([...(sent[0] ?? new Uint8Array()).subarray(0, 8)]).toEqual([40, 0, 0, 0, 20, 0, 1, 0])
    const [family, states, inode, show] = [
      [1, 0, 0, 0],
      [255, 255, 255, 255],
      [2, 1, 0, 0],
      [4, 0, 0, 0],
    ]
    const noCookie = Array<number>(8).fill(255)
    expect([...peerRequest(0x102).subarray(16)]).toEqual(
      [family, states, inode, show, noCookie].flat(),
    )
  })

  it.each<[string, (sequence: number) => readonly Received[]]>([
    ['there is no such socket', (s) => [message(ERROR, 0, s, numberBody(-2))]],
    ['it has none', (s) => [row(s, body(7, [[6, 0]]))]],
    ['the peer is gone', (s) => [row(s, body(7, [[2, 0]]))]],
    ['the answer is about another one', (s) => [row(s, body(8, [[2, 9]]))]],
    ['the answer is cut', (s) => [row(s, body(7, [[2, 9]]).subarray(0, 18))]],
    ['the answer is too short', (s) => [row(s, body(7, []).subarray(0, 12))]],
    ['nothing answers', () => []],
  ])('are none where %s', (_why, answer) => {
    expect(peersOf([7], answer)).toMatchObject({ peers: [], closed: true })
  })

  it('are asked for again when the kernel is busy', () => {
    const answer = (s: number, nth: number): readonly Received[] =>
      nth === 1 ? [message(ERROR, 0, s, numberBody(-16))] : [row(s, body(7, [[2, 9]]))]
    expect(peersOf([7], answer).peers).toEqual([[7, 9]])
  })

  it('are none without the kernel, and nobody is asked about nothing', () => {
    const none = createUnixPeers({
      netlink: () => {
        throw nativeFault('socket', 'EPROTONOSUPPORT')
      },
    })
    expect([...none([7])]).toEqual([])
    const untouched = createUnixPeers({
      netlink: () => {
        throw new Error('asked')
      },
    })
    expect([...untouched([])]).toEqual([])
  })
})
