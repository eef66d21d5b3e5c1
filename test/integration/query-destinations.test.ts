import { describe, expect, it } from 'vitest'
import { connectionsSchema, destinationsSchema } from '../../shared/contract/answers.ts'
import { closed, instance, judged, record, T0, tick } from '../unit/store/ticks.ts'
import { day, HOUR, iso, recorded } from './query-archive.ts'

const files = record('files')
const memory = record('memory')
const root = instance(100, [files])

describe('destinations', () => {
  it('takes verdict and reason of the worst connection, and adds up the rest', () => {
    const { commit, report } = recorded()
    const other = { process: root.root, pid: 101, role: 'child', executable: null } as const
    commit(
      tick(T0, { servers: [files], instances: [root], opened: [judged(root, 1)] }),
      tick(T0 + 1_000, {
        opened: [
          judged(root, 2, { verdict: 'unknown', reason: 'process-unreadable' }),
          judged(root, 3, { verdict: 'expected', reason: 'open-expectation' }),
        ],
        closed: [
          closed(judged(root, 1), T0 + 500),
          closed(judged(root, 4, { connection: { owner: other, outcome: 'refused' } }), T0 + 600),
        ],
      }),
    )
    const [server] = report().servers
    expect(server?.destinations).toHaveLength(1)
    expect(server?.destinations[0]).toMatchObject({
      address: '203.0.113.10',
      port: 443,
      verdict: 'unexpected',
      reason: 'beyond-local',
      open: 2,
      connections: 4,
      outcomes: { established: 3, refused: 1 },
      attempted: false,
      firstSeen: iso(T0),
      lastSeen: iso(T0 + 1_000),
    })
    expect(server?.destinations[0]?.owners.map(({ pid }) => pid).toSorted()).toEqual([100, 101])
  })

  it('marks where nothing was reached, and counts the ways in which it failed', () => {
    const { commit, report } = recorded()
    const outcomes = ['refused', 'refused', 'timed-out', 'abandoned', 'no-route'] as const
    const tries = outcomes.map((outcome, n) =>
      closed(judged(root, n, { connection: { outcome } }), T0 + 500),
    )
    const waits = judged(root, 9, {
      connection: { outcome: 'unknown', remote: { address: '203.0.113.11', port: 1, zone: null } },
    })
    commit(
      tick(T0, { servers: [files], instances: [root], closed: tries, opened: [...tries, waits] }),
    )
    const found = report().servers[0]?.destinations ?? []
    expect(found.map(({ port, attempted, outcomes: counts }) => [port, attempted, counts])).toEqual(
      expect.arrayContaining([
        [443, true, { refused: 2, 'timed-out': 1, abandoned: 1, 'no-route': 1 }],
        [1, false, { unknown: 1 }],
      ]),
    )
    expect(found).toHaveLength(2)
  })

  it('says of datagrams what was sent, and not that nothing came back', () => {
    const { ask, commit, report } = recorded()
    const sent = (n: number, bytes: number) =>
      judged(root, n, { connection: { protocol: 'udp', bytes: { sent: bytes, received: null } } })
    commit(tick(T0, { servers: [files], instances: [root], opened: [sent(1, 100), sent(2, 20)] }))
    const [found] = report().servers[0]?.destinations ?? []
    expect(found?.bytes).toEqual({ sent: 120, received: null })
    const answer = connectionsSchema.parse(ask((archive) => archive.connections(day, {}, 10)))
    expect(answer.connections.map(({ bytes }) => bytes?.received)).toEqual([null, null])
  })

  it('keeps directions, ports, zones and traffic classes apart', () => {
    const { ask, commit } = recorded()
    const at = (address: string, zone: string | null, port = 443) => ({
      connection: { remote: { address, port, zone } },
    })
    commit(
      tick(T0, {
        servers: [files],
        instances: [root],
        opened: [
          judged(root, 1),
          judged(root, 2, { trafficClass: 'launcher', verdict: 'expected', reason: 'registry' }),
          judged(root, 3, at('203.0.113.10', null, 80)),
          judged(root, 4, at('fe80::1', 'eth0')),
          judged(root, 5, at('fe80::1', 'eth1')),
          judged(root, 6, { connection: { direction: 'inbound' } }),
        ],
      }),
    )
    const found = ask((archive) => archive.destinations(day, {}))
    const keys = destinationsSchema
      .parse(found)
      .destinations.map((it) => `${it.address} ${it.port} ${it.direction} ${it.trafficClass}`)
    expect(keys.toSorted()).toEqual([
      '203.0.113.10 40000 inbound server',
      '203.0.113.10 443 outbound launcher',
      '203.0.113.10 443 outbound server',
      '203.0.113.10 80 outbound server',
      'fe80::1%eth0 443 outbound server',
      'fe80::1%eth1 443 outbound server',
    ])
  })

  it('shows what one of several servers did under each of them', () => {
    const { ask, commit, report } = recorded()
    const either = instance(200, [files, memory])
    commit(tick(T0, { servers: [files, memory], instances: [either], opened: [judged(either, 1)] }))
    const { servers } = report()
    expect(servers.map(({ name, state }) => [name, state])).toEqual([
      ['files', 'running'],
      ['memory', 'running'],
    ])
    expect(servers.map(({ destinations }) => destinations.length)).toEqual([1, 1])
    const { connections } = ask((archive) => archive.connections(day, { server: 'memory' }, 10))
    expect(connections.map(({ server }) => server)).toEqual(['memory'])
    // The other one ended: now it is known whose instance it is, and whose connections they were.
    commit(tick(T0 + 1_000, { instances: [instance(200, [memory])] }))
    expect(report().servers.map(({ destinations }) => destinations.length)).toEqual([0, 1])
  })

  it('counts what the window touches: from its end back to its beginning', () => {
    const { commit, report } = recorded()
    commit(
      tick(T0, { servers: [files], instances: [root] }),
      tick(T0 + HOUR, { closed: [closed(judged(root, 1), T0 + HOUR)] }),
      tick(T0 + 3 * HOUR, {
        opened: [judged(root, 2, { connection: { firstSeen: T0 + 2 * HOUR } })],
      }),
    )
    const seen = (from: number, to: number): [number, number] => {
      const [it] = report({ from, to }).servers[0]?.destinations ?? []
      return [it?.connections ?? 0, it?.open ?? 0]
    }
    expect(seen(T0 - HOUR, T0 - 1)).toEqual([0, 0])
    expect(seen(T0 - HOUR, T0)).toEqual([1, 1])
    expect(seen(T0 + HOUR, T0 + HOUR)).toEqual([1, 0])
    expect(seen(T0 + HOUR + 1, T0 + 2 * HOUR - 1)).toEqual([0, 0])
    expect(seen(T0, T0 + 3 * HOUR)).toEqual([2, 1])
    // After the last tick nothing is known.
    expect(seen(T0 + 3 * HOUR + 1, T0 + 9 * HOUR)).toEqual([0, 0])
  })
})
