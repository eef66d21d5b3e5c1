import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import type { TickResult } from '../../shared/model/tick.ts'
import {
  closed,
  finding,
  instance,
  judged,
  record,
  T0,
  temporaryFolder,
  tick,
} from '../unit/store/ticks.ts'
import { dump, open, rows, run } from './store-files.ts'

const files = record('files')
const memory = record('memory')
const root = instance(100, [files])

const story: readonly TickResult[] = [
  tick(T0, { servers: [files, memory], instances: [root], opened: [judged(root, 1)] }),
  tick(T0 + 1_000, { opened: [judged(root, 2)], findings: [finding(files)] }),
  tick(T0 + 2_000, { closed: [closed(judged(root, 1), T0 + 1_500)] }),
]

describe('memory', () => {
  it('gives back what is open as it was committed, last seen at the heartbeat', () => {
    const folder = temporaryFolder()
    const shown = judged(root, 2, {
      names: [{ name: 'registry.example', source: 'registry', at: T0 }],
      relayed: true,
      connection: {
        remote: { address: 'fe80::1', port: 9, zone: 'eth0' },
        local: { address: 'fe80::2', port: 8, zone: 'eth0' },
        direction: 'inbound',
        owner: null,
        candidates: [{ process: root.root, pid: 100, role: 'child', executable: null }],
        inherited: true,
      },
    })
    run(folder, [
      tick(T0, { servers: [files, memory], instances: [root, instance(101, [files, memory])] }),
      tick(T0 + 1_000, { opened: [judged(root, 1), shown], findings: [finding(files)] }),
      tick(T0 + 2_000, { closed: [closed(judged(root, 1), T0 + 1_500)] }),
    ])
    const store = open(folder)
    const read = store.memory()
    store.close()
    const connection = { ...shown.connection, lastSeen: T0 + 2_000 }
    expect(read.openConnections).toEqual([{ ...shown, connection }])
    expect(read.openInstances).toHaveLength(2)
    expect(read.openInstances.find(({ id }) => id !== root.id)?.serverIds.toSorted()).toEqual(
      [files.server.id, memory.server.id].toSorted(),
    )
    expect(read.findings).toEqual([finding(files)])
    expect(read.lastTickAt).toBe(T0 + 2_000)
  })

  it('gives back whether a finding is an attempt alone, or of one of several, and that it was more than that since', () => {
    const folder = temporaryFolder()
    const oneOf = [files.server.id, memory.server.id]
    const tried = finding(files, { severity: 'medium', attempted: true, oneOf })
    run(folder, [tick(T0, { servers: [files], findings: [tried] })])
    const store = open(folder)
    expect(store.memory().findings).toEqual([tried])
    const through = finding(files, { count: 2, explanation: 'It connected.' })
    store.commit(tick(T0 + 1_000, { findings: [through] }))
    expect(store.memory().findings).toEqual([through])
    store.close()
  })

  it('knows an open connection by the local port that it learned late', () => {
    const folder = temporaryFolder()
    const early = judged(root, 1, {
      connection: { local: { address: '0.0.0.0', port: 0, zone: null } },
    })
    const late = judged(root, 1)
    run(folder, [
      tick(T0, { servers: [files], instances: [root], opened: [early] }),
      tick(T0 + 1_000, { updated: [late] }),
    ])
    const store = open(folder)
    expect(store.memory().openConnections.map(({ connection }) => connection.local)).toEqual([
      late.connection.local,
    ])
    store.close()
  })

  it('keeps the time at which each destination was met first', () => {
    const folder = temporaryFolder()
    const known = (key: string, firstSeen: number) => ({
      serverId: files.server.id,
      key,
      firstSeen,
    })
    run(folder, [
      tick(T0, { learned: [known('b', T0), known('a', T0)] }),
      tick(T0 + 1_000, { learned: [known('b', T0 + 1_000)] }),
    ])
    const store = open(folder)
    const { knownDestinations } = store.memory()
    store.close()
    expect(knownDestinations).toEqual([known('a', T0), known('b', T0)])
  })

  it('knows nothing in a new database', () => {
    const store = open(temporaryFolder())
    expect(store.memory()).toEqual({
      openConnections: [],
      openInstances: [],
      findings: [],
      deliveries: [],
      knownDestinations: [],
      reached: [],
      drift: { since: null, entries: [] },
      projectFolders: [],
      lastTickAt: null,
    })
    store.close()
  })
})

describe('commit', () => {
  it('makes the same rows of the same ticks', () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()]
    run(one, story)
    run(two, story)
    expect(dump(two)).toBe(dump(one))
  })

  it('keeps a connection one row across a restart', () => {
    const folder = temporaryFolder()
    run(folder, story)
    run(folder, [
      tick(T0 + 60_000, { updated: [judged(root, 2)] }),
      tick(T0 + 61_000, { closed: [closed(judged(root, 2), T0 + 61_000)] }),
    ])
    expect(rows(folder, 'SELECT first_seen, closed_at FROM connection ORDER BY inode')).toEqual([
      { first_seen: T0, closed_at: T0 + 1_500 },
      { first_seen: T0, closed_at: T0 + 61_000 },
    ])
  })

  it('writes the heartbeat alone for a quiet tick', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    for (const it of story) store.commit(it)
    const before = dump(folder)
    store.commit(tick(T0 + 90_000))
    store.close()
    expect(dump(folder)).toBe(before.replaceAll(String(T0 + 2_000), String(T0 + 90_000)))
    expect(dump(folder)).not.toBe(before)
  })

  it('keeps a server that left the configuration, marked so', () => {
    const folder = temporaryFolder()
    run(folder, [...story, tick(T0 + 3_000, { servers: [memory] })])
    expect(rows(folder, 'SELECT name, configured FROM server ORDER BY name')).toEqual([
      { name: 'files', configured: 0 },
      { name: 'memory', configured: 1 },
    ])
  })

  it('begins a new engine run when the engine changes, and ends what an earlier run left open', () => {
    const folder = temporaryFolder()
    const engine = { name: 'lsof', intervalMs: 2_000, expectedRecall: 0.4, degraded: [] } as const
    run(folder, [...story, tick(T0 + 3_000, { coverage: { engine } })])
    run(folder, [tick(T0 + 900_000)])
    expect(rows(folder, 'SELECT name, from_at, to_at FROM engine_run ORDER BY id')).toEqual([
      { name: 'ss', from_at: T0, to_at: T0 + 2_000 },
      { name: 'lsof', from_at: T0 + 3_000, to_at: T0 + 3_000 },
      { name: 'ss', from_at: T0 + 900_000, to_at: null },
    ])
  })

  it('keeps a reason that comes and goes every second in one row', () => {
    const folder = temporaryFolder()
    const notObserved = [{ serverId: files.server.id, reason: 'unconnected-udp' as const }]
    const flicker = Array.from({ length: 20 }, (_, n) =>
      tick(T0 + n * 1_000, { coverage: { notObserved: n % 2 === 0 ? notObserved : [] } }),
    )
    run(folder, [...flicker, tick(T0 + 900_000, { coverage: { notObserved } })])
    expect(rows(folder, 'SELECT from_at, to_at FROM not_observed ORDER BY id')).toEqual([
      { from_at: T0, to_at: T0 + 19_000 },
      { from_at: T0 + 900_000, to_at: null },
    ])
  })

  it('ends at its last tick what was not observed when the daemon was killed', () => {
    const folder = temporaryFolder()
    const notObserved = [{ serverId: files.server.id, reason: 'process-unreadable' as const }]
    run(folder, [
      tick(T0, { coverage: { notObserved } }),
      tick(T0 + 1_000, { coverage: { notObserved } }),
    ])
    run(folder, [tick(T0 + 900_000)])
    expect(rows(folder, 'SELECT from_at, to_at FROM not_observed')).toEqual([
      { from_at: T0, to_at: T0 + 1_000 },
    ])
  })

  it('joins the gaps of samples that failed one after the other', () => {
    const folder = temporaryFolder()
    const failed = [1, 2, 3].map((n) => {
      const gap = {
        from: T0 + (n - 1) * 1_000,
        to: T0 + n * 1_000,
        reason: 'failed-sample' as const,
      }
      return tick(T0 + n * 1_000, { coverage: { gaps: [gap] } })
    })
    run(folder, failed)
    expect(rows(folder, 'SELECT from_at, to_at, reason FROM gap')).toEqual([
      { from_at: T0, to_at: T0 + 3_000, reason: 'failed-sample' },
    ])
  })

  it('bounds the names that a watched program can make it keep', () => {
    const folder = temporaryFolder()
    const names = Array.from({ length: 40 }, (_, n) => ({
      name: `${n}-${'x'.repeat(5_000)}`,
      source: 'listener' as const,
      at: T0 + n,
    }))
    run(folder, [tick(T0, { instances: [root], opened: [judged(root, 1, { names })] })])
    expect(
      rows(folder, 'SELECT count(*) n, max(length(name)) longest, min(at) oldest FROM name'),
    ).toEqual([{ n: 16, longest: 255, oldest: T0 + 24 }])
  })

  it('writes a tick that a lock kept out together with the next one', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    store.commit(tick(T0, { servers: [files], instances: [root] }))
    const other = new Database(join(folder, 'watch.db'))
    other.exec('BEGIN IMMEDIATE')
    const counts = { owned: 1, foreign: 0, unknown: 0 }
    const missed = tick(T0 + 1_000, { opened: [judged(root, 1)], coverage: { counts } })
    expect(() => store.commit(missed)).toThrow(expect.objectContaining({ code: 'STATE_FOLDER' }))
    other.close()
    store.commit(tick(T0 + 2_000))
    expect(store.memory().openConnections).toHaveLength(1)
    expect(rows(folder, 'SELECT owned FROM connection_count')).toEqual([{ owned: 1 }])
    store.close()
  })

  it('does not let one tick that no column takes keep out the next', () => {
    const store = open(temporaryFolder())
    const bad = judged(root, 1, { connection: { firstSeen: Number.NaN } })
    expect(() => store.commit(tick(T0, { opened: [bad] }))).toThrow(
      expect.objectContaining({ code: 'INTERNAL' }),
    )
    store.commit(tick(T0 + 1_000))
    expect(store.memory()).toMatchObject({ openConnections: [], lastTickAt: T0 + 1_000 })
    store.close()
  })
})
