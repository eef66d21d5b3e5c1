import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readEvents } from '../../daemon/capture/sock-diag/destroy-events.ts'
import type { DiagRow } from '../../daemon/capture/sock-diag/diag-row.ts'
import { createSockDiag } from '../../daemon/capture/sock-diag/dump.ts'
import { readRow } from '../../daemon/capture/sock-diag/inet-diag.ts'
import { ipv6Text } from '../../daemon/capture/sock-diag/inet-diag-addresses.ts'
import { exactRequest } from '../../daemon/capture/sock-diag/inet-diag-requests.ts'
import { canonicalAddress } from '../../shared/address/canonical.ts'
import type { SocketState } from '../../shared/model/observation.ts'
import {
  attribute,
  DONE,
  fakeSocket,
  MULTI,
  message,
  numberBody,
  type RawRow,
  ROW,
  rowBody,
  tcpInfo,
  uint64,
} from '../unit/capture/inet-diag-bytes.ts'
import { ends, hasPeer, protocolAndState } from './sockets.ts'

/** Every number that the kernel has for a state, include/net/tcp_states.h. */
const STATE_NUMBERS: Record<SocketState, readonly number[]> = {
  listen: [10],
  'syn-sent': [2],
  'syn-received': [3, 12],
  established: [1],
  closing: [4, 5, 8, 9, 11],
  'time-wait': [6],
  connected: [1],
  unconnected: [7],
}
/** Names that root of a container may give to an interface, and what is left of them. */
const INTERFACES: readonly (readonly [name: string | null, zone: string])[] = [
  ['eth0', 'eth0'],
  [null, 'if1'],
  ['a%b', 'if2'],
  ['\u0007bell', 'if3'],
]

const uint = fc.integer({ min: 0, max: 0xffff_ffff })
const cookie = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n })
const counts = fc.record({
  received: fc.bigInt({ min: 1n, max: 2n ** 52n }),
  segments: fc.integer({ min: 1, max: 0xffff_ffff }),
  dataSegmentsIn: fc.integer({ min: 1, max: 0xffff_ffff }),
  sent: fc.bigInt({ min: 0n, max: 2n ** 52n }),
  retransmitted: fc.bigInt({ min: 0n, max: 2n ** 51n }),
})
/** Attributes that are of no interest, of any kind that none of ours has. */
const noise = fc
  .tuple(fc.integer({ min: 30, max: 0x3fff }), fc.uint8Array({ maxLength: 40 }))
  .map(([kind, value]) => attribute(kind, value))

const model = fc.record({
  kind: protocolAndState,
  at: ends(fc.constant(null)),
  cookie,
  owned: fc.option(fc.record({ inode: uint.filter((n) => n > 0), uid: uint }), { nil: null }),
  cgroupId: fc.option(fc.integer({ min: 1 }), { nil: null }),
  counts: fc.option(counts, { nil: null }),
  interface: fc.option(fc.nat({ max: INTERFACES.length - 1 }), { nil: null }),
  stateIndex: fc.nat(),
  noise: fc.array(noise, { maxLength: 3 }),
  mapped: fc.boolean(),
  isV6Only: fc.boolean(),
})
type Model = typeof model extends fc.Arbitrary<infer T> ? T : never

function stateNumber({ kind, stateIndex }: Model): number {
  const numbers = STATE_NUMBERS[kind.state]
  return numbers[stateIndex % numbers.length] ?? 0
}

function rawRow(each: Model): RawRow {
  const { at, kind, owned, cgroupId } = each
  const info =
    each.counts === null || kind.protocol === 'udp' ? [] : [attribute(2, tcpInfo(each.counts))]
  const nobody = { address: at.v6 ? '::' : '0.0.0.0', port: 0 }
  return {
    v6: at.v6 || each.mapped,
    state: stateNumber(each),
    local: at.local,
    remote: hasPeer(kind.state) ? at.remote : nobody,
    interfaceIndex: each.interface === null ? 0 : each.interface + 100,
    cookie: each.cookie,
    uid: owned?.uid ?? 0,
    inode: owned?.inode ?? 0,
    attributes: [
      ...each.noise,
      ...info,
      ...(at.v6 ? [attribute(11, Uint8Array.of(each.isV6Only ? 1 : 0))] : []),
      ...(cgroupId === null ? [] : [attribute(21, uint64(BigInt(cgroupId)))]),
    ],
  }
}

function expectedBytes(each: Model): DiagRow['bytes'] {
  if (each.counts === null || each.kind.protocol === 'udp') return null
  const { received, sent, retransmitted } = each.counts
  const fin = [8, 9, 11].includes(stateNumber(each)) ? 1n : 0n
  const net = sent - retransmitted
  return { sent: Number(net < 0n ? 0n : net), received: Number(received - fin) }
}

function expected(each: Model): DiagRow {
  const { kind, at, owned, cookie: number } = each
  const zone = each.interface === null ? null : zoneOf(each.interface)
  return {
    ...kind,
    local: { ...at.local, zone },
    remote: hasPeer(kind.state) ? { ...at.remote, zone: null } : null,
    inode: owned?.inode ?? null,
    uid: owned?.uid ?? null,
    cookie: number.toString(16),
    cgroupId: owned === null ? null : each.cgroupId,
    ...(isV6OnlyListener(each) ? { v6Only: true as const } : {}),
    bytes: expectedBytes(each),
  }
}

function isV6OnlyListener({ at, kind, isV6Only }: Model): boolean {
  return isV6Only && at.v6 && kind.state === 'listen' && at.local.address === '::'
}

function zoneOf(index: number): string {
  const zone = INTERFACES[index]?.[1] ?? ''
  return zone.replace(/^if\d$/, `if${index + 100}`)
}

it('gives back every row that the kernel could write, whatever is between', () => {
  fc.assert(
    fc.property(fc.array(model, { maxLength: 12 }), fc.nat({ max: 12 }), (models, split) => {
      const socket = fakeSocket((sequence, sent) => {
        const isTcp = sent[4] === 18 || sent[17] === 6
        const family = sent[4] === 18 ? 0 : sent[16]
        const told = models.filter(({ kind }) => (kind.protocol === 'tcp') === isTcp)
        const rows = (family === 10 ? [] : told).map((each) =>
          message(ROW, MULTI, sequence, rowBody(rawRow(each))),
        )
        const done = message(DONE, MULTI, sequence, numberBody(0))
        return [
          Buffer.concat(rows.slice(0, split)),
          Buffer.concat([...rows.slice(split), done]),
        ].filter(({ length }) => length > 0)
      })
      const diag = createSockDiag({
        socket,
        interfaceName: (index) => INTERFACES[index - 100]?.[0] ?? null,
      })
      const tcpFirst = models.toSorted((a, b) => order(a) - order(b))
      expect(diag.dump({ bytes: true })).toEqual({
        complete: true,
        rows: tcpFirst.map(expected),
        known: 0,
        skipped: 0,
        failure: null,
      })
    }),
    { numRuns: 300 },
  )
})

function order({ kind }: Model): number {
  return kind.protocol === 'tcp' ? 0 : 1
}

it('never throws, whatever the bytes are, and ends', () => {
  const bytes = fc.uint8Array({ maxLength: 400 })
  const datagram = fc.oneof(
    bytes,
    bytes.map((body) => message(ROW, MULTI, 1, body)),
    model
      .map((each) => rowBody(rawRow(each)))
      .chain((body) =>
        fc.nat({ max: body.length }).map((cut) => message(ROW, MULTI, 1, body.subarray(0, cut))),
      ),
  )
  fc.assert(
    fc.property(fc.array(datagram, { minLength: 1, maxLength: 6 }), (datagrams) => {
      let rest = [...datagrams]
      const socket = fakeSocket(() => rest.splice(0))
      const diag = createSockDiag({ socket, interfaceName: () => null })
      expect(diag.dump().complete).toBeTypeOf('boolean')
      rest = []
      for (const each of datagrams) {
        const into: DiagRow[] = []
        const copy = Uint8Array.from(each)
        readEvents(new DataView(copy.buffer), copy.length, () => 'x', into)
        expect(into.every(({ inode }) => inode === null)).toBe(true)
      }
    }),
    { numRuns: 1_000 },
  )
})

it('writes IPv6 addresses as everybody else here does', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
        minLength: 8,
        maxLength: 8,
      }),
      (groups) => {
        const view = new DataView(new ArrayBuffer(16))
        for (const [i, group] of groups.entries()) view.setUint16(i * 2, group)
        const text = groups.map((group) => group.toString(16)).join(':')
        expect(ipv6Text(view, 0)).toBe(canonicalAddress(text)?.address)
      },
    ),
    { numRuns: 2_000 },
  )
})

it('asks for exactly the socket of a row', () => {
  fc.assert(
    fc.property(
      model.filter(({ kind }) => kind.protocol === 'tcp' && hasPeer(kind.state)),
      (each) => {
        const row = expected(each)
        const request = exactRequest(row, 7)
        if (request === null) throw new Error('no request')
        // The identity of a socket stands in the question as in a row, 4 bytes further on.
        const asRow = Uint8Array.from([...request.subarray(0, 16), request[16] ?? 0, 1, 0, 0])
        const bytes = Uint8Array.from([...asRow, ...request.subarray(24), ...new Uint8Array(24)])
        const read = readRow(new DataView(bytes.buffer), 0, bytes.length, 'tcp', String)
        const local = { ...row.local, zone: '7' }
        expect(read).toMatchObject({ local, remote: row.remote, cookie: row.cookie })
      },
    ),
  )
})
