/** What can go wrong between a question to the kernel and the end of its answer. */
import { describe, expect, it } from 'vitest'
import { createDestroyEvents } from '../../../daemon/capture/sock-diag/destroy-events.ts'
import type { DiagRow } from '../../../daemon/capture/sock-diag/diag-row.ts'
import { createSockDiag, type SockDiag } from '../../../daemon/capture/sock-diag/dump.ts'
import {
  attribute,
  DONE,
  ERROR,
  type FakeSocket,
  fakeSocket,
  INTERRUPTED,
  MULTI,
  message,
  numberBody,
  type RawRow,
  type Received,
  ROW,
  rowBody,
  tcpInfo,
} from './inet-diag-bytes.ts'

const OLD_REQUEST = 18
const EPERM = 1
const ENOENT = 2
const EBUSY = 16

const established: RawRow = {
  v6: false,
  state: 1,
  local: { address: '127.0.0.1', port: 40_000 },
  remote: { address: '203.0.113.10', port: 443 },
  cookie: 0x1_0000_0002n,
  uid: 1_000,
  inode: 77,
}

/** The same as it is told. */
const known: DiagRow = {
  protocol: 'tcp',
  state: 'established',
  local: { address: '127.0.0.1', port: 40_000, zone: null },
  remote: { address: '203.0.113.10', port: 443, zone: null },
  inode: 77,
  uid: 1_000,
  cookie: '100000002',
  cgroupId: null,
  bytes: null,
}

const row = (sequence: number, raw: RawRow = established, flags = MULTI): Uint8Array =>
  message(ROW, flags, sequence, rowBody(raw))
const done = (sequence: number, flags = MULTI): Uint8Array =>
  message(DONE, flags, sequence, numberBody(0))
const error = (sequence: number, errno: number): Uint8Array =>
  message(ERROR, 0, sequence, Buffer.concat([numberBody(-errno), new Uint8Array(16)]))
const isTcp = (sent: Uint8Array): boolean => sent[4] === OLD_REQUEST || sent[17] === 6

/** Answers for TCP as given, for UDP with nothing. */
function tcpAnswers(answer: (sequence: number, nth: number) => readonly Received[]): {
  readonly socket: FakeSocket
  readonly diag: SockDiag
} {
  let nth = 0
  const socket = fakeSocket((sequence, sent) => {
    if (!isTcp(sent)) return [done(sequence)]
    nth += 1
    return answer(sequence, nth)
  })
  return { socket, diag: createSockDiag({ socket, interfaceName: () => null }) }
}

const asked = ({ sent }: FakeSocket): number => sent.filter(isTcp).length
const whole = (sequence: number): readonly Received[] => [row(sequence), done(sequence)]
const cut = (sequence: number): Uint8Array => row(sequence).subarray(0, 60)

describe('an answer that is disturbed is asked for again', () => {
  const once: readonly (readonly [name: string, (sequence: number) => readonly Received[]])[] = [
    ['interrupted', (s) => [row(s, established, MULTI | INTERRUPTED), done(s)]],
    ['interrupted, told at its end only', (s) => [row(s), done(s, MULTI | INTERRUPTED)]],
    ['a datagram larger than the buffer', () => [{ cut: 40_000 }]],
    ['a datagram that ends within a message', (s) => [row(s), cut(s)]],
    ['messages lost', (s) => [row(s), { errno: 'ENOBUFS' }]],
    ['messages lost, as the kernel may also say it', (s) => [message(4, 0, s, numberBody(0))]],
    ['no end', (s) => [row(s)]],
    ['no answer', () => []],
    ['another list under way', (s) => [error(s, EBUSY)]],
  ]

  it.each(once)('%s', (_name, fault) => {
    const { socket, diag } = tcpAnswers((sequence, nth) => (nth === 1 ? fault : whole)(sequence))
    const { complete, rows } = diag.dump()
    expect({ complete, rows: rows.length, asked: asked(socket) }).toEqual({
      complete: true,
      rows: 1,
      asked: 2,
    })
  })

  it('three times, and then what came is not told', () => {
    const { socket, diag } = tcpAnswers((s) => [row(s, established, MULTI | INTERRUPTED), done(s)])
    expect(diag.dump()).toEqual({
      complete: false,
      rows: [],
      known: 0,
      skipped: 0,
      failure: { reason: 'interrupted', errno: null },
    })
    expect(asked(socket)).toBe(4)
  })
})

describe('what else can come', () => {
  it('messages in another order, empty ones, and the rest of an earlier answer', () => {
    const noop = (s: number): Uint8Array => message(1, 0, s, numberBody(0))
    const { diag } = tcpAnswers((s) => [
      Buffer.concat([row(s + 9), noop(s), row(s)]),
      done(s + 9),
      row(s, { ...established, cookie: 5n }),
      Buffer.concat([noop(s), done(s)]),
    ])
    const { complete, rows } = diag.dump()
    expect(complete).toBe(true)
    expect(rows.map(({ cookie }) => cookie)).toEqual(['100000002', '5'])
  })

  it('rows of another family, of no state, without peer or too short are counted, not told', () => {
    const odd = rowBody(established)
    odd[0] = 99
    const noPeer = { ...established, remote: { address: '0.0.0.0', port: 0 } }
    const { diag } = tcpAnswers((s) => [
      message(ROW, MULTI, s, odd),
      row(s, { ...established, state: 200 }),
      row(s, noPeer),
      message(ROW, MULTI, s, odd.subarray(0, 30)),
      row(s, { ...established, state: 7 }),
      done(s),
    ])
    expect(diag.dump()).toMatchObject({ complete: true, rows: [], skipped: 4 })
  })

  it('a refusal is told by its name, and not repeated', () => {
    const { socket, diag } = tcpAnswers((s) => [error(s, EPERM)])
    expect(diag.dump().failure).toEqual({ reason: 'refused', errno: 'EPERM' })
    expect(asked(socket)).toBe(1)
  })

  it('a socket that cannot be written to', () => {
    const socket = fakeSocket(() => [])
    socket.send = () => {
      throw Object.assign(new Error('sendto: EBADF'), { syscall: 'sendto', errno: 'EBADF' })
    }
    const diag = createSockDiag({ socket, interfaceName: () => null })
    expect(diag.dump().failure).toEqual({ reason: 'refused', errno: 'EBADF' })
    expect(diag.info(known)).toBeNull()
  })

  it('a kernel that does not know the old request is asked by family, from then on', () => {
    const socket = fakeSocket((s, sent) => {
      if (sent[4] === OLD_REQUEST) return [error(s, ENOENT)]
      return isTcp(sent) && sent[16] === 2 ? whole(s) : [done(s)]
    })
    const diag = createSockDiag({ socket, interfaceName: () => null })
    expect(diag.dump()).toMatchObject({ complete: true, rows: [{ inode: 77 }], failure: null })
    expect(diag.dump().rows).toHaveLength(1)
    expect(socket.sent.filter((sent) => sent[4] === OLD_REQUEST)).toHaveLength(1)
  })

  it('known sockets are passed over unread', () => {
    const { diag } = tcpAnswers((s) => [
      row(s),
      row(s, { ...established, cookie: 9n, state: 200 }),
      done(s),
    ])
    const seen: (readonly number[])[] = []
    const result = diag.dump({
      isKnown: (low, high) => {
        seen.push([low, high])
        return low === 9
      },
    })
    expect(result).toMatchObject({ known: 1, skipped: 0, rows: [{ cookie: '100000002' }] })
    expect(seen).toEqual([
      [2, 1],
      [9, 0],
    ])
  })
})

describe('the question for one socket', () => {
  const counts = { received: 11n, segments: 4, dataSegmentsIn: 1, sent: 30n, retransmitted: 10n }
  const answered = (raw: RawRow, flags = 0): ReturnType<SockDiag['info']> => {
    const socket = fakeSocket((s) => [row(s, raw, flags)])
    const diag = createSockDiag({ socket, interfaceName: () => null })
    return diag.info(known)
  }
  const withInfo = (length?: number, state = 1): RawRow => ({
    ...established,
    state,
    attributes: [attribute(2, tcpInfo(counts, length))],
  })

  it('leaves out what was sent twice, and a FIN that has come', () => {
    expect(answered(withInfo())?.bytes).toEqual({ sent: 20, received: 11 })
    expect(answered(withInfo(232, 8))?.bytes).toEqual({ sent: 20, received: 10 })
  })

  it('knows no counts of an older kernel, which has a shorter struct', () => {
    expect(answered(withInfo(200))).toMatchObject({ inode: 77, bytes: null })
  })

  it('takes no other socket for it', () => {
    expect(answered({ ...withInfo(), cookie: 8n })).toBeNull()
  })
})

describe('ends of sockets', () => {
  const counts = { received: 6n, segments: 9, dataSegmentsIn: 2, sent: 5n, retransmitted: 0n }
  const PROTOCOL = 10
  const ended = (raw: Partial<RawRow>, protocol: number, info = counts): Uint8Array =>
    row(0, {
      ...established,
      state: 7,
      inode: 0,
      uid: 0,
      ...raw,
      attributes: [attribute(PROTOCOL, Uint8Array.of(protocol)), attribute(2, tcpInfo(info))],
    })
  const nobody = { address: '0.0.0.0', port: 0 }

  function drained(datagrams: readonly Received[]): {
    rows: readonly unknown[]
    overrun: boolean
  } {
    const socket = fakeSocket(() => datagrams)
    socket.send(new Uint8Array(16))
    const empty = fakeSocket(() => [])
    const queues = [socket, empty]
    const events = createDestroyEvents({
      netlink: () => queues.shift() ?? empty,
      interfaceName: () => null,
    })
    return events.drain()
  }

  it('have their counts; those of an aborted connection are unknown, never 0', () => {
    const wiped = { received: 0n, segments: 0, dataSegmentsIn: 0, sent: 0n, retransmitted: 0n }
    const { rows } = drained([
      ended({}, 6),
      ended({ remote: nobody }, 6, wiped),
      ended({}, 6, wiped),
    ])
    expect(rows).toMatchObject([
      {
        protocol: 'tcp',
        state: 'closing',
        inode: null,
        uid: null,
        bytes: { sent: 5, received: 6 },
      },
      { remote: null, bytes: null },
      { remote: { port: 443 }, bytes: null },
    ])
  })

  it('of UDP are told apart by the protocol they carry; others are passed over', () => {
    const { rows } = drained([
      ended({ state: 1 }, 17),
      ended({ remote: nobody }, 17),
      ended({}, 132),
      row(0),
    ])
    expect(rows).toMatchObject([
      { protocol: 'udp', state: 'connected', bytes: null },
      { protocol: 'udp', state: 'unconnected', remote: null },
    ])
    expect(rows).toHaveLength(2)
  })

  it('that were lost are said, and those behind them are still told', () => {
    expect(drained([ended({}, 6), { errno: 'ENOBUFS' }, ended({}, 6)])).toMatchObject({
      overrun: true,
      rows: [{}, {}],
    })
    expect(drained([])).toEqual({ rows: [], overrun: false })
    expect(drained([{ cut: 90_000 }, ended({}, 6)]).rows).toHaveLength(1)
  })
})
