import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseProcNet } from '../../daemon/capture/proc-net.ts'
import { canonicalAddress } from '../../shared/address/canonical.ts'
import type { SocketAddress, SocketRow } from '../../shared/model/observation.ts'
import { hasPeer, hostileText, protocolAndState } from './sockets.ts'

const STATE_NUMBERS: Record<SocketRow['state'], readonly string[]> = {
  listen: ['0A'],
  'syn-sent': ['02'],
  'syn-received': ['03', '0C'],
  established: ['01'],
  closing: ['04', '05', '08', '09', '0B'],
  'time-wait': ['06'],
  connected: ['01'],
  unconnected: ['07'],
}

/** The raw bytes in network order, as the kernel keeps them. */
const bytes = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  fc
    .uint8Array({ minLength: 4, maxLength: 4 })
    .map((v4) => Uint8Array.from([...Array<number>(10).fill(0), 0xff, 0xff, ...v4])),
)
const end = fc.record({ bytes, port: fc.integer({ min: 1, max: 65_535 }) })
type End = typeof end extends fc.Arbitrary<infer T> ? T : never

const model = fc.record({
  kind: protocolAndState,
  local: end,
  remote: end,
  uid: fc.nat(),
  inode: fc.integer({ min: 0, max: 2 ** 32 }),
  stateIndex: fc.nat(),
})

function hexOf({ bytes: raw, port }: End, littleEndian: boolean): string {
  let text = ''
  for (let i = 0; i < raw.length; i += 4) {
    const word = Buffer.from(raw.slice(i, i + 4))
    const value = littleEndian ? word.readUInt32LE() : word.readUInt32BE()
    text += value.toString(16).toUpperCase().padStart(8, '0')
  }
  return `${text}:${port.toString(16).toUpperCase().padStart(4, '0')}`
}

function addressOf({ bytes: raw, port }: End): SocketAddress {
  const pairs = Buffer.from(raw).toString('hex').match(/.{4}/g) ?? []
  const text = raw.length === 4 ? raw.join('.') : pairs.join(':')
  return { address: canonicalAddress(text)?.address ?? 'none', port, zone: null }
}

it('gives back every row that the kernel could print, in both byte orders', () => {
  fc.assert(
    fc.property(model, fc.boolean(), fc.nat(99_999), (row, littleEndian, slot) => {
      const { kind, local, remote, uid, inode, stateIndex } = row
      const numbers = STATE_NUMBERS[kind.state]
      const line = [
        `${String(slot).padStart(4)}:`,
        hexOf(local, littleEndian),
        hexOf(remote, littleEndian),
        numbers[stateIndex % numbers.length],
        '00000000:00000000 00:00000000 00000000',
        `${String(uid).padStart(5)}        0`,
        `${inode} 1 00000000799cdd1b 100 0 0 10 0`,
      ].join(' ')
      expect(parseProcNet(`  sl  header\n${line}\n`, kind.protocol, littleEndian)).toEqual({
        rows: [
          {
            ...kind,
            local: addressOf(local),
            remote: hasPeer(kind.state) ? addressOf(remote) : null,
            inode: inode === 0 ? null : inode,
            cookie: null,
            uid: inode === 0 ? null : uid,
            cgroup: null,
            holders: [],
          },
        ],
        skipped: 0,
      })
    }),
    { numRuns: 500 },
  )
})

it('never throws', () => {
  fc.assert(
    fc.property(hostileText, fc.constantFrom('tcp', 'udp'), (text, protocol) => {
      const { rows, skipped } = parseProcNet(text, protocol, true)
      expect(rows.length + skipped).toBeLessThanOrEqual(text.split('\n').length)
    }),
    { numRuns: 1_000 },
  )
})
