import { describe, expect, it } from 'vitest'
import { createExchange } from '../../../daemon/capture/sock-diag/dump-exchange.ts'
import { createPacketList } from '../../../daemon/capture/sock-diag/packet-diag.ts'
import { createPacketHolders } from '../../../daemon/capture/sock-diag/packet-holders.ts'
import type { ProcessKey } from '../../../shared/model/ids.ts'
import type { Holder } from '../../../shared/model/observation.ts'
import {
  DONE,
  ERROR,
  fakeSocket,
  MULTI,
  message,
  numberBody,
  packetBody,
  type Received,
  ROW,
} from './inet-diag-bytes.ts'

const row = (sequence: number, inode: number): Uint8Array =>
  message(ROW, MULTI, sequence, packetBody({ inode, cookie: 1n }))
const done = (sequence: number): Uint8Array => message(DONE, MULTI, sequence, numberBody(0))
const error = (sequence: number, errno: number): Uint8Array =>
  message(ERROR, 0, sequence, numberBody(-errno))

function listOn(answer: (sequence: number, nth: number) => readonly Received[]) {
  const socket = fakeSocket((sequence, _sent, nth) => answer(sequence, nth))
  return { socket, list: createPacketList(createExchange(socket)) }
}

describe('the list of packet sockets', () => {
  it('is asked for without a filter, and has the inodes of those that somebody holds', () => {
    const { socket, list } = listOn((s) => [row(s, 7), row(s, 0), row(s, 9), done(s)])
    expect([...(list() ?? [])]).toEqual([7, 9])
    const sent = socket.sent[0] ?? new Uint8Array()
    // struct nlmsghdr: 36 bytes, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST and NLM_F_DUMP; struct packet_diag_req: AF_PACKET.
    expect([...sent.subarray(0, 8)]).toEqual([36, 0, 0, 0, 20, 0, 1, 3])
    expect([...sent.subarray(16)]).toEqual([17, ...Array<number>(19).fill(0)])
  })

  it('is empty where the kernel has none, and not asked for again', () => {
    const { socket, list } = listOn((s) => [error(s, 2)])
    expect([list(), list()]).toEqual([new Set(), new Set()])
    expect(socket.sent).toHaveLength(1)
  })

  it.each([
    ['another list under way', (s: number): readonly Received[] => [error(s, 16)]],
    ['no end', (s: number): readonly Received[] => [row(s, 7)]],
    ['messages lost', (): readonly Received[] => [{ errno: 'ENOBUFS' }]],
    ['a datagram larger than the buffer', (): readonly Received[] => [{ cut: 40_000 }]],
  ])(
    'is asked for again when disturbed (%s), and says nothing after three times more',
    (_name, fault) => {
      const once = listOn((s, nth) => (nth === 1 ? fault(s) : [row(s, 7), done(s)]))
      expect([once.list(), once.socket.sent.length]).toEqual([new Set([7]), 2])
      const always = listOn((s) => [row(s, 7), ...fault(s)])
      expect([always.list(), always.socket.sent.length]).toEqual([null, 4])
      always.list()
      expect(always.socket.sent).toHaveLength(8)
    },
  )

  it('has the first of very many', () => {
    const { list } = listOn((s) => [
      ...Array.from({ length: 11_000 }, (_, n) => row(s, n + 1)),
      done(s),
    ])
    expect([list()?.size, list()?.size]).toEqual([10_000, 10_000])
  })
})

describe('holders of packet sockets', () => {
  const holder = (pid: number): Holder => ({ process: `test:${pid}:0:0` as ProcessKey, pid })
  const [server, child, client] = [holder(7), holder(8), holder(1)]
  const isMember = (each: Holder): boolean => each !== client

  it('are told once a socket, whoever else has it then', () => {
    const packets = createPacketHolders()
    const listed = new Set([100, 200])
    const held = new Map([[100, [client, server, child]]])
    expect(packets.meet(listed, held, isMember)).toEqual([server])
    expect(packets.meet(listed, new Map([[100, [child]]]), isMember)).toEqual([])
  })

  it('are told when a socket of others is handed to a watched process', () => {
    const packets = createPacketHolders()
    const listed = new Set([100])
    expect(packets.meet(listed, new Map([[100, [client]]]), isMember)).toEqual([])
    expect(packets.meet(listed, new Map([[100, [client, child]]]), isMember)).toEqual([child])
  })

  it('are told again when the number is of another socket, the first one being gone', () => {
    const packets = createPacketHolders()
    const held = new Map([[100, [server]]])
    const look = (...listed: readonly number[]) => packets.meet(new Set(listed), held, isMember)
    expect([look(100), look(), look(100)]).toEqual([[server], [], [server]])
  })

  it('are nobody where another kind of socket is held', () => {
    expect(createPacketHolders().meet(new Set([1]), new Map([[2, [server]]]), isMember)).toEqual([])
  })
})
