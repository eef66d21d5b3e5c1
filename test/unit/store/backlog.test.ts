import { describe, expect, it } from 'vitest'
import { addTick, type Backlog, backlogGap, NO_BACKLOG } from '../../../daemon/store/backlog.ts'
import type { TickResult } from '../../../shared/model/tick.ts'
import { closed, finding, instance, judged, record, T0, tick } from './ticks.ts'

const files = record('files')
const root = instance(100, [files])

function waiting(count: number, words: (n: number) => Parameters<typeof tick>[1]): Backlog {
  let backlog = NO_BACKLOG
  for (let n = 0; n < count; n += 1) backlog = addTick(backlog, tick(T0 + n * 1_000, words(n)))
  return backlog
}

const all = <K extends 'opened' | 'closed' | 'findings' | 'instances' | 'ended' | 'learned'>(
  { ticks }: Backlog,
  key: K,
): TickResult[K][number][] => ticks.flatMap((it) => it[key] as TickResult[K][number][])

describe('ticks that wait', () => {
  it('stay bounded for a day, and keep what was found, what is open and what is configured', () => {
    const day = waiting(86_400, (n) => ({
      servers: n === 0 ? [files] : null,
      instances: n === 0 ? [root] : [],
      opened: n === 0 ? [judged(root, 0)] : [],
      findings: n % 3_600 === 0 ? [{ ...finding(files), count: n }] : [],
      coverage: { counts: { owned: 1, foreign: 0, unknown: 0 } },
    }))
    expect(day.ticks.length).toBeLessThanOrEqual(600)
    expect(day.lost).toBeNull()
    expect(day.ticks[0]?.servers).toEqual([files])
    expect(all(day, 'instances')).toEqual([root])
    expect(all(day, 'opened')).toHaveLength(1)
    expect(all(day, 'findings').at(-1)?.count).toBe(23 * 3_600)
    const owned = day.ticks.reduce((sum, { coverage }) => sum + coverage.counts.owned, 0)
    expect(owned).toBe(86_400)
    expect(backlogGap(day, T0 + 86_400_000)).toEqual({
      from: day.ticks[0]?.at,
      to: T0 + 86_400_000,
      reason: 'stored-late',
    })
  })

  it('know a connection that opened and closed meanwhile once, as closed', () => {
    const backlog = waiting(1_300, (n) =>
      n === 10
        ? { opened: [judged(root, 1)] }
        : n === 20
          ? { closed: [closed(judged(root, 1), T0 + 20_000)] }
          : {},
    )
    expect(all(backlog, 'opened')).toEqual([])
    expect(all(backlog, 'closed')).toHaveLength(1)
  })

  it('know an instance that ended, and one that came back', () => {
    const backlog = waiting(1_300, (n) =>
      n === 10 ? { ended: [root.id] } : n === 20 ? { instances: [root] } : {},
    )
    expect(all(backlog, 'ended')).toEqual([])
    expect(all(backlog, 'instances')).toEqual([root])
  })

  it('let the oldest closed connections go when there are too many, and say of when they were', () => {
    const backlog = waiting(1_300, (n) => ({
      closed: Array.from({ length: 40 }, (_, i) =>
        closed(judged(root, n * 40 + i), T0 + n * 1_000),
      ),
      findings: [finding(files)],
    }))
    expect(backlog.lost?.from).toBe(T0)
    expect(all(backlog, 'closed').length).toBeLessThan(50_000)
    expect(all(backlog, 'findings')).not.toEqual([])
    expect(backlogGap(backlog, T0 + 1_300_000)?.reason).toBe('not-stored')
  })

  it('are no news when it was for a moment', () => {
    const backlog = waiting(3, () => ({}))
    expect(backlogGap(backlog, T0 + 3_000)).toBeNull()
  })
})
