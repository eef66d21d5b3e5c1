import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judge } from '../../daemon/judge/judge.ts'
import type { Peer } from '../../daemon/judge/peer.ts'
import { allows } from '../../daemon/judge/scopes.ts'
import { ROLES } from '../../shared/model/attribution.ts'
import type { Connection } from '../../shared/model/connection.ts'
import type { RegistryAnswer } from '../../shared/model/host.ts'
import type { ConnectionId, InstanceId } from '../../shared/model/ids.ts'
import { SCOPES } from '../../shared/model/judgement.ts'
import { OUTCOMES } from '../../shared/model/outcome.ts'
import { end } from '../unit/connections/build.ts'
import { bookOf, connect, fresh, inputFor, instanceA, recordOf } from '../unit/judge/build.ts'

const expectation = fc.constantFrom('none', 'local-only', 'lan', 'rules', 'open')
const address = fc.oneof(
  fc.ipV4(),
  fc.constantFrom('127.0.0.1', '192.168.1.5', '203.0.113.9', '169.254.169.254', '10.1.2.3'),
)
const port = fc.oneof(fc.constantFrom(53, 443, 3128), fc.integer({ min: 1, max: 65535 }))
const connection = fc
  .record({
    n: fc.integer({ min: 0, max: 1000 }),
    address,
    port,
    role: fc.constantFrom(...ROLES),
    isOwned: fc.boolean(),
    inherited: fc.boolean(),
    protocol: fc.constantFrom('tcp', 'udp'),
    outcome: fc.constantFrom(...OUTCOMES),
    direction: fc.constantFrom('inbound', 'outbound'),
  })
  .map(({ n, address: to, port: at, role, isOwned, ...rest }): Connection => {
    const made = connect('127.0.0.1:1', { ...rest, id: `c${n}` as ConnectionId }, role)
    return { ...made, remote: end(`${to}:${at}`), owner: isOwned ? made.owner : null }
  })
const connections = fc.uniqueArray(connection, { maxLength: 12, selector: ({ id }) => id })
const peer: fc.Arbitrary<Peer> = fc.oneof(
  fc.constantFrom<Peer>({ kind: 'none' }, { kind: 'pending' }, { kind: 'unreadable' }),
  fc.record({
    kind: fc.constant('process' as const),
    pid: fc.nat(),
    name: fc.string({ unit: 'binary' }),
    instance: fc.constantFrom(null, 'b' as InstanceId),
    connectsOut: fc.boolean(),
  }),
)
const registry: fc.Arbitrary<RegistryAnswer> = fc.oneof(
  fc.constantFrom<RegistryAnswer>({ kind: 'pending' }, { kind: 'unknown' }),
  fc.array(fc.record({ host: fc.domain(), address, port }), { maxLength: 3 }).map((endpoints) => ({
    kind: 'known' as const,
    endpoints,
  })),
)
const scene = fc.record({ expectation, connections, peer, registry, isHidden: fc.boolean() })

function inputOf({
  expectation: held,
  connections: open,
  ...rest
}: typeof scene extends fc.Arbitrary<infer T> ? T : never) {
  return inputFor(held, open, {
    peerOf: () => rest.peer,
    registryOf: () => rest.registry,
    unreadable: new Set(rest.isHidden ? [instanceA().id] : []),
  })
}

describe('judging', () => {
  it('never expects what a local-only server does beyond this host, registry and name server apart', () => {
    fc.assert(
      fc.property(scene, (made) => {
        const input = inputOf({ ...made, expectation: 'local-only' })
        for (const { verdict, scope, reason, connection: c } of judge(fresh, input).open) {
          if (verdict !== 'expected' || allows('local-only', scope)) continue
          if (reason === 'registry') expect(c.owner?.role).toBe('launcher')
          else expect(['nameserver', 'local-lookup']).toContain(reason)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('judges every connection, and counts each unexpected one in a finding', () => {
    fc.assert(
      fc.property(scene, (made) => {
        const { open, opened, findings } = judge(fresh, inputOf(made))
        expect(opened.map((j) => j.connection)).toEqual(made.connections)
        const egress = findings.filter(({ kind }) => kind !== 'unreadable-server')
        const unexpected = open.filter(({ verdict }) => verdict === 'unexpected')
        const counted = egress.reduce((sum, { count }) => sum + count, 0)
        expect(counted).toBe(unexpected.length)
        for (const { explanation } of findings) expect(explanation).not.toMatch(/[\p{Cc}\p{Cf}]/u)
      }),
      { numRuns: 500 },
    )
  })

  it('accuses a server with a list of hosts of none that has the address of one', () => {
    const hosts = fc.dictionary(fc.constantFrom('a.test', 'b.test'), fc.array(address), {
      minKeys: 1,
    })
    fc.assert(
      fc.property(scene, hosts, fc.boolean(), (made, known, isOn) => {
        const rules = Object.keys(known).map(
          (host) => ({ kind: 'host', host, port: null }) as const,
        )
        const record = recordOf('server-a', 'rules', { rules })
        const input = {
          ...inputOf(made),
          records: new Map([[record.server.id, record]]),
          names: bookOf(known, { isOn }),
        }
        for (const { connection: c, scope, reason } of judge(fresh, input).open) {
          if (reason !== 'not-declared') continue
          expect(Object.values(known).flat()).not.toContain(c.remote.address)
          expect(isOn && Object.values(known).every((list) => list.length > 0)).toBe(true)
          expect(allows('local-only', scope)).toBe(false)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('tells nothing new when nothing is new', () => {
    fc.assert(
      fc.property(scene, (made) => {
        const first = judge(fresh, inputOf(made))
        const again = judge(first.state, { ...inputOf(made), opened: [] })
        expect([again.findings, again.updated]).toEqual([[], []])
        const ids = ({ findings }: typeof first): string[] =>
          findings.map(({ id }) => id).toSorted()
        expect(ids(judge(fresh, inputOf(made)))).toEqual(ids(first))
      }),
    )
  })

  it('reaches further with each wider expectation', () => {
    const widening = ['none', 'local-only', 'lan', 'open'] as const
    for (const scope of SCOPES) {
      const reach = widening.map((held) => allows(held, scope))
      expect(reach).toEqual(reach.toSorted((a, b) => Number(a) - Number(b)))
    }
  })
})
