import { describe, expect, it } from 'vitest'
import { OPENING_MS, WINDOW_MS } from '../../../daemon/alert/decide.ts'
import type { Notification } from '../../../daemon/alert/notification.ts'
import { findingId } from '../../../shared/model/ids.ts'
import { T0 } from '../store/ticks.ts'
import { anEarlierRun, begin, fetcher, files, firstRun, found, HOUR, memory } from './build.ts'

const ids = (shown: readonly Notification[]): unknown[] => shown.map((it) => it.findingIds)

describe('one notification', () => {
  it('for what is found within two seconds, of however many servers', () => {
    const run = begin()
    expect(run.at(0, [found(files, 1)])).toEqual([])
    expect(run.at(1_000, [found(memory, 1), found(fetcher, 1)])).toEqual([])
    const shown = run.at(WINDOW_MS)
    expect(shown).toHaveLength(1)
    expect(shown[0]).toMatchObject({ title: 'mcp-watch: 3 servers need a look', serverId: null })
    expect(shown[0]?.findingIds).toHaveLength(3)
    expect(run.at(WINDOW_MS + 1)).toEqual([])
  })

  it('for a finding, however often it is seen again', () => {
    const run = begin()
    run.at(0, [found(files, 1)])
    run.at(1_000, [found(files, 1, { count: 2 })])
    expect(ids(run.at(WINDOW_MS))).toEqual([[found(files, 1).id]])
    run.at(2 * HOUR, [found(files, 1, { count: 3 })])
    expect(run.at(2 * HOUR + WINDOW_MS)).toEqual([])
  })

  it('for all that is found at the very first start, of which only that start makes a summary', () => {
    const run = begin(firstRun)
    run.at(0)
    run.at(1_000, [found(files, 1)])
    run.at(OPENING_MS - 1, [found(memory, 1)])
    const shown = run.at(OPENING_MS)
    expect(shown).toHaveLength(1)
    expect(shown[0]?.body).toContain('When watching began')
    run.at(OPENING_MS + 1, [found(fetcher, 1)])
    const later = run.at(OPENING_MS + 1 + WINDOW_MS)
    expect(later).toHaveLength(1)
    expect(later[0]?.body).not.toContain('When watching began')
  })
})

describe('the cool-down', () => {
  it('is of server and kind, not of destination, and tells afterwards how much it kept back', () => {
    const run = begin()
    run.at(0, [found(files, 1)])
    expect(run.at(WINDOW_MS)).toHaveLength(1)
    run.at(10_000, [found(files, 2), found(files, 3)])
    expect(run.at(10_000 + WINDOW_MS)).toEqual([])
    const hidden = { id: findingId('unreadable-server', files.server.id, ''), destination: null }
    run.at(20_000, [found(files, 0, { ...hidden, kind: 'unreadable-server' }), found(memory, 1)])
    expect(run.at(20_000 + WINDOW_MS)[0]?.findingIds).toHaveLength(2)
    run.at(2 * HOUR, [found(files, 4)])
    expect(run.at(2 * HOUR + WINDOW_MS)[0]?.body).toContain('2 more findings')
  })

  it('is broken through by what is worse, once', () => {
    const run = begin()
    run.at(0, [found(files, 1)])
    run.at(WINDOW_MS)
    run.at(10_000, [found(files, 1, { severity: 'high' })])
    const shown = run.at(10_000 + WINDOW_MS)
    expect(shown).toEqual([expect.objectContaining({ urgency: 'critical' })])
    run.at(20_000, [found(files, 2, { severity: 'high' })])
    expect(run.at(20_000 + WINDOW_MS)).toEqual([])
  })

  it('is broken through by an attempt that gets through, which is told as what it is then', () => {
    const run = begin()
    run.at(0, [found(files, 1, { severity: 'medium', attempted: true })])
    expect(run.at(WINDOW_MS)[0]?.title).toContain('tried to connect where it should not')
    run.at(10_000, [found(files, 1, { severity: 'high' })])
    const shown = run.at(10_000 + WINDOW_MS)
    expect(shown[0]?.title).toContain('has a connection it should not have')
    expect(run.deliveries.map(({ severity, outcome }) => [severity, outcome])).toEqual([
      ['medium', 'told'],
      ['high', 'told'],
    ])
  })

  it('does not last longer because the clock was set back, nor end because of it', () => {
    const run = begin()
    run.at(24 * HOUR, [found(files, 1)])
    expect(run.at(24 * HOUR + WINDOW_MS)).toHaveLength(1)
    run.at(0, [found(files, 2)])
    expect(run.at(WINDOW_MS)).toEqual([])
    run.at(HOUR + 1, [found(files, 3)])
    expect(run.at(HOUR + 1 + WINDOW_MS)).toHaveLength(1)
  })

  it('holds across a restart', () => {
    const run = begin()
    run.at(0, [found(files, 1)])
    run.at(WINDOW_MS)
    const next = begin({ ...anEarlierRun, deliveries: run.deliveries }, 10_000)
    next.at(10_000, [found(files, 2)])
    expect(next.at(10_000 + WINDOW_MS)).toEqual([])
    next.at(20_000, [found(files, 3, { severity: 'high' })])
    expect(next.at(20_000 + WINDOW_MS)).toHaveLength(1)
  })

  it('does not outlive a restart after the clock was set back', () => {
    const run = begin()
    run.at(24 * HOUR, [found(files, 1)])
    run.at(24 * HOUR + WINDOW_MS)
    const next = begin({ ...anEarlierRun, deliveries: run.deliveries }, 0)
    next.at(0, [found(files, 1), found(files, 2)])
    expect(ids(next.at(WINDOW_MS))).toEqual([[found(files, 2).id]])
  })
})

describe('a window', () => {
  it('is settled when the clock is set back while it is open', () => {
    const run = begin()
    run.at(HOUR, [found(files, 1)])
    expect(run.at(0)).toHaveLength(1)
  })
})

describe('a restart', () => {
  it('tells nothing twice, and what the last run had no time to decide on once', () => {
    const findings = [found(files, 1), found(memory, 1)]
    const run = begin()
    run.at(0, [found(files, 1)])
    run.at(WINDOW_MS, [])
    const next = begin({ findings, deliveries: run.deliveries, lastTickAt: T0 + WINDOW_MS })
    next.at(10_000, findings)
    expect(ids(next.at(10_000 + WINDOW_MS))).toEqual([[found(memory, 1).id]])
  })
})

describe('never', () => {
  it.each([
    ['a muted kind', { mutes: [{ kind: 'local-only-egress', until: null }] }],
    ['one muted for a while', { mutes: [{ kind: 'local-only-egress', until: T0 + HOUR }] }],
    [
      'below the severity wanted',
      { settings: { desktop: true, minSeverity: 'high', coolDownMs: 0 } },
    ],
    ['with the desktop off', { settings: { desktop: false, minSeverity: 'low', coolDownMs: 0 } }],
    ['on a machine without desktop', { reachable: false }],
  ] as const)('%s, also not later, but what is worse then', (_, over) => {
    const run = Object.assign(begin(), over)
    run.at(0, [found(files, 1)])
    expect(run.at(WINDOW_MS)).toEqual([])
    expect(run.deliveries).toEqual([expect.objectContaining({ outcome: 'quiet' })])
    Object.assign(run, { mutes: [], reachable: true, settings: begin().settings })
    run.at(10_000, [found(files, 1)])
    expect(run.at(10_000 + WINDOW_MS)).toEqual([])
    run.at(20_000, [found(files, 1, { severity: 'high' })])
    expect(run.at(20_000 + WINDOW_MS)).toHaveLength(1)
  })

  it('longer than a mute lasts', () => {
    const run = Object.assign(begin(), { mutes: [{ kind: 'local-only-egress', until: T0 + HOUR }] })
    run.at(HOUR, [found(files, 1)])
    expect(run.at(HOUR + WINDOW_MS)).toHaveLength(1)
  })
})
