import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createSsParser, parseSs } from '../../daemon/capture/ss/parse.ts'
import type { SocketAddress, SocketRow } from '../../shared/model/observation.ts'
import { ends, hasPeer, hostileText, protocolAndState } from './sockets.ts'

/** Every word that ss has for a state. */
const STATE_NAMES: Record<SocketRow['state'], readonly string[]> = {
  listen: ['LISTEN'],
  'syn-sent': ['SYN-SENT'],
  'syn-received': ['SYN-RECV'],
  established: ['ESTAB'],
  closing: ['FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT', 'LAST-ACK', 'CLOSING'],
  'time-wait': ['TIME-WAIT'],
  connected: ['ESTAB'],
  unconnected: ['UNCONN'],
}

/** Names of control groups that try to look like the fields behind and before them. */
const cgroup = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 10 }),
      fc.constantFrom(
        ' ino:1',
        ' uid:7 x',
        ' sk:0',
        ' cgroup:/',
        ' v6only:1x',
        ' <-> x',
        'users:((',
      ),
    ),
  )
  // The kernel refuses a line break in the name; white space at the very end would not survive any printing.
  .map((parts) => `/${parts.join('').replaceAll(/[\n\r\u2028\u2029]/g, '')}z`)

const model = fc.record({
  kind: protocolAndState,
  at: ends(fc.constantFrom(null, 'eth0', 'wg-0')),
  owned: fc.option(
    fc.record({
      inode: fc.integer({ min: 1, max: 2 ** 32 }),
      uid: fc.oneof(fc.constant(0), fc.nat()),
      cgroup,
    }),
    { nil: null },
  ),
  cookie: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map((n) => n.toString(16)),
  stateIndex: fc.nat(),
  pad: fc.integer({ min: 1, max: 40 }),
  timer: fc.constantFrom('', 'timer:(keepalive,1min30sec,0)', 'timer:(on,204ms,3)'),
  tail: fc.constantFrom('', ' <->', ' -->', ' <--', ' v6only:0 <->', ' v6only:1 <->'),
  continued: fc.boolean(),
})
type Model = typeof model extends fc.Arbitrary<infer T> ? T : never

function host({ address, zone, port }: SocketAddress, v6: boolean): string {
  const zoned = zone === null ? '' : `%${zone}`
  return v6 ? `[${address}]${zoned}:${port}` : `${address}${zoned}:${port}`
}

function print({
  kind,
  at,
  owned,
  cookie,
  stateIndex,
  pad,
  timer,
  tail,
  continued,
}: Model): string {
  const names = STATE_NAMES[kind.state]
  const peer = hasPeer(kind.state) ? host(at.remote, at.v6) : at.v6 ? '[::]:*' : '0.0.0.0:*'
  const details = [
    timer,
    owned !== null && owned.uid !== 0 ? `uid:${owned.uid}` : '',
    `ino:${owned?.inode ?? 0} sk:${cookie}`,
    owned === null ? '' : `cgroup:${owned.cgroup}`,
  ].filter((part) => part !== '')
  const gap = ' '.repeat(pad)
  const columns = [kind.protocol, names[stateIndex % names.length], 0, 128, host(at.local, at.v6)]
  return `${[...columns, peer].join(gap)}${continued ? '\n\t ' : gap}${details.join(' ')}${tail}`
}

function printAll(models: readonly Model[]): string {
  return models.map((each) => `${print(each)}\n`).join('')
}

function expected({ kind, at, owned, cookie, tail }: Model): SocketRow {
  const isV6Only = tail.includes('v6only:1') && kind.state === 'listen' && at.local.address === '::'
  return {
    ...kind,
    local: at.local,
    remote: hasPeer(kind.state) ? at.remote : null,
    inode: owned?.inode ?? null,
    cookie,
    uid: owned?.uid ?? null,
    cgroup: owned?.cgroup ?? null,
    holders: [],
    ...(isV6Only && { v6Only: true }),
  }
}

it('gives back every row that ss could print, whatever control groups are called', () => {
  fc.assert(
    fc.property(fc.array(model, { maxLength: 8 }), (models) => {
      expect(parseSs(printAll(models))).toEqual({ rows: models.map(expected), skipped: 0 })
    }),
    { numRuns: 500 },
  )
})

it('reads a sample after others as it would alone, with the same object for a line that was there before', () => {
  const texts = fc.array(fc.oneof(hostileText, fc.array(model, { maxLength: 5 }).map(printAll)), {
    minLength: 1,
    maxLength: 5,
  })
  fc.assert(
    fc.property(texts, (samples) => {
      const parse = createSsParser()
      for (const text of samples) {
        const first = parse(text)
        expect(first).toEqual(parseSs(text))
        expect(parse(text).rows.every((row, index) => row === first.rows[index])).toBe(true)
      }
    }),
    { numRuns: 300 },
  )
})

it('never throws and never gives a row an owner', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const { rows, skipped } = parseSs(text)
      expect(rows.every((row) => row.holders.length === 0)).toBe(true)
      expect(rows.length + skipped).toBeLessThanOrEqual(text.split('\n').length)
    }),
    { numRuns: 1_000 },
  )
})

it('reads a very long hostile line in no time', () => {
  const line = `tcp ESTAB 0 0 127.0.0.1:1 127.0.0.1:2 ${'cgroup:'.repeat(1_100)}${' v6only:1'.repeat(20)}`
  const began = performance.now()
  for (let i = 0; i < 100; i += 1) parseSs(line)
  expect(performance.now() - began).toBeLessThan(2_000)
})
