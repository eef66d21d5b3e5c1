import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type LsofFile, parseLsof } from '../../daemon/capture/lsof/parse.ts'
import type { SocketAddress, SocketRow } from '../../shared/model/observation.ts'
import { ends, hasPeer, hostileText, protocolAndState } from './sockets.ts'

/** Words of Linux and of macOS. */
const STATE_NAMES: Record<SocketRow['state'], readonly string[]> = {
  listen: ['LISTEN'],
  'syn-sent': ['SYN_SENT'],
  'syn-received': ['SYN_RECV', 'SYN_RCVD'],
  established: ['ESTABLISHED'],
  closing: ['FIN_WAIT1', 'FIN_WAIT_1', 'FIN_WAIT2', 'CLOSE_WAIT', 'LAST_ACK', 'CLOSING'],
  'time-wait': ['TIME_WAIT'],
  connected: [],
  unconnected: [],
}

const identity = fc.oneof(
  fc.integer({ min: 1, max: 2 ** 32 }).map((inode) => ({ inode, cookie: null })),
  // A kernel address; 16 digits, so that link-local addresses of the model must not look like those of BSD.
  fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map((n) => ({ inode: null, cookie: n.toString(16) })),
)
const isPlain = ({ address }: SocketAddress): boolean => !/^fe80:[1-9a-f]/.test(address)

const file = fc.record({
  kind: protocolAndState,
  at: ends(fc.constant(null)).filter(({ local, remote }) => isPlain(local) && isPlain(remote)),
  identity,
  stateIndex: fc.nat(),
  /** Fields that nobody asked for, with names that programs choose. */
  extra: fc.array(
    fc
      .tuple(fc.constantFrom('c', 'L', 'a', 'l', 'o', 'Z'), fc.string({ unit: 'binary' }))
      .map(([name, value]) => `${name}${value.replaceAll('\0', '')}`),
    { maxLength: 3 },
  ),
})
const model = fc.array(
  fc.record({
    pid: fc.integer({ min: 1, max: 4_194_304 }),
    files: fc.array(file, { maxLength: 5 }),
  }),
  { maxLength: 4 },
)
type FileModel = typeof file extends fc.Arbitrary<infer T> ? T : never

const set = (fields: readonly string[]): string =>
  `${fields.map((field) => `${field}\0`).join('')}\n`
const host = ({ address, port }: SocketAddress): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

function printFile({
  kind,
  at,
  identity: { inode, cookie },
  stateIndex,
  extra,
}: FileModel): string {
  const names = STATE_NAMES[kind.state]
  const peer = hasPeer(kind.state) ? `->${host(at.remote)}` : ''
  return set([
    'f19',
    ...extra,
    `t${at.v6 ? 'IPv6' : 'IPv4'}`,
    `d${inode ?? `0x${cookie}`}`,
    `P${kind.protocol.toUpperCase()}`,
    `n${host(at.local)}${peer}`,
    ...(names.length === 0 ? [] : [`TST=${names[stateIndex % names.length]}`]),
    'TQR=0',
    'TQS=128',
  ])
}

function expectedFile(pid: number, { kind, at, identity: id }: FileModel): LsofFile {
  const remote = hasPeer(kind.state) ? at.remote : null
  return {
    pid,
    row: { ...kind, local: at.local, remote, ...id, uid: null, cgroup: null, holders: [] },
  }
}

it('gives back every socket that lsof could print, whatever unasked fields say', () => {
  fc.assert(
    fc.property(model, (processes) => {
      const text = processes
        .map(({ pid, files }) => set([`p${pid}`, 'R1', 'cname']) + files.map(printFile).join(''))
        .join('')
      expect(parseLsof(text)).toEqual({
        files: processes.flatMap(({ pid, files }) => files.map((each) => expectedFile(pid, each))),
        skipped: 0,
      })
    }),
    { numRuns: 500 },
  )
})

it('never throws and never gives a row an owner', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const { files } = parseLsof(text)
      expect(files.every(({ pid, row }) => Number.isInteger(pid) && row.holders.length === 0)).toBe(
        true,
      )
    }),
    { numRuns: 1_000 },
  )
})
