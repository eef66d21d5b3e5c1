/** What a restart makes of connections that were counted: none is counted again. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { countReached, initialCount } from '../../../daemon/remote/count.ts'
import { NO_REACH, type Reach, reachOf } from '../../../daemon/remote/reach.ts'
import type { Batch, SocketRow } from '../../../shared/model/observation.ts'
import type { Reached, ReachedBefore, ReachedNews } from '../../../shared/model/remote.ts'
import { makeProcess, NETNS, row, tableOf } from '../connections/build.ts'
import { makeServer } from '../judge/build.ts'

const [BOOT, PLACE] = ['boot', '203.0.113.9:443']
const client = makeProcess(10, 1)
const stranger = makeProcess(40, 1)
const remote = (id: string) =>
  makeServer(id, {
    transport: 'http',
    endpoint: { scheme: 'https', host: '203.0.113.9', port: 443 },
  })
const reach = (...names: readonly string[]): Reach =>
  reachOf(NO_REACH, {
    servers: names.map(remote),
    selfAddresses: new Set(),
    table: tableOf(client, stranger),
    instances: [],
    clients: [{ id: 'cursor', process: client }],
  })
const one = (port: number, holder = 10): SocketRow => row(`192.0.2.5:${port}`, PLACE, [holder])
const batch = (rows: readonly SocketRow[], at: number, complete = true): Batch => {
  const snapshot = { kind: 'snapshot', netns: NETNS, at, complete, hostWide: false, rows } as const
  return { at, snapshots: [snapshot], unreadable: [] }
}

/** What the store makes of the news. */
interface Kept {
  readonly sums: ReadonlyMap<string, Reached>
}

function keep({ sums }: Kept, news: ReachedNews | null): Kept {
  const now = new Map(sums)
  if (news?.begins) for (const [id, sum] of now) now.set(id, { ...sum, open: 0, held: [] })
  for (const each of news?.contacts ?? []) {
    const connections = (now.get(each.serverId)?.connections ?? 0) + each.connections
    const firstSeen = Math.min(now.get(each.serverId)?.firstSeen ?? Infinity, each.firstSeen)
    now.set(each.serverId, { ...each, connections, firstSeen })
  }
  return { sums: now }
}

function runOnce(before: Kept, batches: readonly Batch[], over = reach('far'), bootId = BOOT) {
  const left = [...before.sums.values()].filter(({ open }) => open > 0)
  const memory = left.map((sum): ReachedBefore => ({ ...sum, client: 'cursor' }))
  let state = initialCount(bootId, memory)
  let kept = before
  for (const each of batches) {
    const counted = countReached(state, each, over, () => [])
    state = counted.state
    kept = keep(kept, counted.news)
  }
  return kept
}

const NEW: Kept = { sums: new Map() }
const sumOf = ({ sums }: Kept, id = 'far') => {
  const { connections = 0, open = 0, firstSeen, lastSeen } = sums.get(id) ?? {}
  return { connections, open, firstSeen, lastSeen }
}
const before = runOnce(NEW, [batch([one(1), one(2)], 1_000)])

it('knows those again that go on, and counts those that are new', () => {
  const after = runOnce(before, [batch([one(2), one(3)], 9_000)])
  expect(sumOf(after)).toMatchObject({ connections: 3, open: 2, firstSeen: 1_000 })
  expect(sumOf(runOnce(after, [batch([], 10_000)]))).toMatchObject({ connections: 3, open: 0 })
})

it('says of those that ended meanwhile nothing new, not even when', () => {
  const after = runOnce(before, [batch([], 9_000)])
  expect(sumOf(after)).toEqual({ connections: 2, open: 0, firstSeen: 1_000, lastSeen: 1_000 })
})

it('waits for a whole look, and for no client that is gone', () => {
  const cut = [batch([], 9_000, false)]
  expect(sumOf(runOnce(before, cut))).toMatchObject({ connections: 2, open: 2 })
  const late = [...cut, batch([one(1)], 10_000)]
  expect(sumOf(runOnce(before, late))).toMatchObject({ connections: 2, open: 1, lastSeen: 10_000 })
  expect(sumOf(runOnce(before, cut, NO_REACH))).toMatchObject({ connections: 2, open: 0 })
})

it('takes nothing for it that is a stranger’s by now, or of another boot', () => {
  const taken = runOnce(before, [batch([one(1, 40), one(2)], 9_000)])
  expect(sumOf(taken)).toMatchObject({ connections: 2, open: 1 })
  const rebooted = runOnce(before, [batch([one(1)], 9_000)], reach('far'), 'another')
  expect(sumOf(rebooted)).toMatchObject({ connections: 3, open: 1 })
})

it('knows it as every entry’s that it was counted for', () => {
  const both = reach('far', 'twin')
  const counted = runOnce(NEW, [batch([one(1)], 1_000)], both)
  const after = runOnce(counted, [batch([one(1)], 9_000)], both)
  expect([sumOf(after), sumOf(after, 'twin')]).toMatchObject([
    { connections: 1, open: 1 },
    { connections: 1, open: 1 },
  ])
})

it('writes down the ends of a hundred at most', () => {
  const many = Array.from({ length: 130 }, (_, n) => one(1_000 + n))
  const kept = runOnce(NEW, [batch(many, 1_000)])
  expect(sumOf(kept)).toMatchObject({ connections: 130, open: 130 })
  expect(kept.sums.get('far')?.held).toHaveLength(100)
})

it('comes to the same sums as without a restart, wherever it is', () => {
  const ports = fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 6 })
  const samples = fc.array(fc.tuple(ports, fc.boolean()), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(samples, fc.nat(8), (all, cut) => {
      const batches = all.map(([open, complete], n) =>
        batch(
          open.map((p) => one(p)),
          n,
          complete,
        ),
      )
      const whole = sumOf(runOnce(NEW, batches))
      const parts = sumOf(runOnce(runOnce(NEW, batches.slice(0, cut)), batches.slice(cut)))
      expect([parts.connections, parts.open]).toEqual([whole.connections, whole.open])
    }),
  )
})
