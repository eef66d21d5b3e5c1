/** What clients reach, in the database: added up, ended by a restart, removed with the rest, asked for by window. */

import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openArchive } from '../../daemon/query/archive.ts'
import { eraseJob, pruneJob } from '../../daemon/store/data-jobs.ts'
import { housekeepingPass } from '../../daemon/store/housekeeping.ts'
import { MIGRATIONS } from '../../daemon/store/schema.ts'
import { REACHED, REACHED_HELD } from '../../daemon/store/schema-reached.ts'
import { exportRowSchema } from '../../shared/contract/data.ts'
import { DEFAULT_RETENTION } from '../../shared/model/policy.ts'
import type { Reached } from '../../shared/model/remote.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { record, T0, temporaryFolder, tick } from '../unit/store/ticks.ts'
import { open } from './store-files.ts'

const DAY = 24 * 3_600_000
const remote = (name: string): ServerRecord => {
  const bare = record(name)
  const server = { ...bare.server, transport: 'http' as const }
  return { ...bare, server, package: null }
}
const one = remote('one')
const twin = remote('twin')
const idle = remote('idle')

const contact = (of: ServerRecord, at: number, over: Partial<Reached> = {}): Reached => ({
  serverId: of.server.id,
  address: '203.0.113.9',
  port: 443,
  firstSeen: at,
  lastSeen: at,
  connections: 1,
  open: 1,
  held: [],
  ...over,
})

type Store = ReturnType<typeof open>

function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

function started(folder: string, at: number, contacts: readonly Reached[]): Store {
  const store = open(folder)
  const servers = [one, twin, idle]
  store.commit(tick(at, { servers, reached: { begins: true, contacts } }))
  return store
}

function reachedIn(folder: string, from: number, to: number) {
  const archive = openArchive({ folder, now: () => to })
  try {
    const { servers } = archive.report({ from, to }, {})
    return new Map(servers.map(({ name, reached }) => [name, reached]))
  } finally {
    archive.close()
  }
}

const iso = (at: number): string => new Date(at).toISOString()
const count = (folder: string): unknown => {
  const db = new Database(join(folder, 'watch.db'), { readonly: true })
  try {
    return db.prepare('SELECT count(*) FROM reached').pluck().get()
  } finally {
    db.close()
  }
}

it('adds up, and is open until the last sign of life', () => {
  const folder = temporaryFolder()
  const store = started(folder, T0, [contact(one, T0), contact(twin, T0)])
  const more = [
    contact(one, T0 + 5_000.5, { open: 2 }),
    contact(one, T0 + 6_000, { address: '203.0.113.10', open: 0 }),
  ]
  store.commit(tick(T0 + 6_000, { reached: { begins: false, contacts: more } }))
  store.commit(tick(T0 + 60_000, { reached: null }))
  store.close()
  const found = reachedIn(folder, T0 - DAY, T0 + DAY)
  expect(found.get('one')).toMatchObject({
    connections: 3,
    open: 2,
    firstSeen: iso(T0),
    lastSeen: iso(T0 + 60_000),
    shared: [{ server: 'twin', client: 'claude-desktop' }],
  })
  expect(found.get('one')?.addresses.toSorted()).toEqual(['203.0.113.10', '203.0.113.9'])
  expect(found.get('twin')?.shared.map(({ server }) => server)).toEqual(['one'])
  expect(found.get('idle')).toBeNull()
})

it('ends with the run that saw it, and is asked for by window', () => {
  const folder = temporaryFolder()
  const store = started(folder, T0, [contact(one, T0)])
  store.commit(tick(T0 + 60_000, {}))
  store.close()
  started(folder, T0 + DAY, []).close()
  const found = reachedIn(folder, T0 - DAY, T0 + 2 * DAY).get('one')
  expect(found).toMatchObject({ connections: 1, open: 0, lastSeen: iso(T0 + 60_000) })
  expect(reachedIn(folder, T0 + 30_000, T0 + 40_000).get('one')).not.toBeNull()
  expect(reachedIn(folder, T0 + 70_000, T0 + 2 * DAY).get('one')).toBeNull()
  expect(reachedIn(folder, T0 - DAY, T0 - 1_000).get('one')).toBeNull()
})

it('is handed to the next run while it is open, and to none after that', () => {
  const folder = temporaryFolder()
  const held = [
    { bootId: 'boot', netns: 'net:[1]', address: '192.0.2.5', port: 4000 },
    { bootId: 'boot', netns: 'net:[1]', address: '2001:db8::5', port: 4001 },
  ]
  const contacts = [contact(one, T0, { open: 2, held }), contact(twin, T0, { open: 0 })]
  started(folder, T0, contacts).close()
  const { id, client } = one.server
  const open_ = { serverId: id, client, address: '203.0.113.9', port: 443, held }
  const store = open(folder)
  expect(store.memory().reached).toEqual([open_])
  store.commit(tick(T0 + 1_000, { reached: { begins: true, contacts: [] } }))
  expect(store.memory().reached).toEqual([])
  store.commit(
    tick(T0 + 2_000, { reached: { begins: false, contacts: [contact(one, T0, { held })] } }),
  )
  store.tend((db) => {
    db.prepare(`UPDATE reached SET held = '[["boot","net:[1]",7,1],5,["boot"],null]'`).run()
  })
  expect(store.memory().reached).toEqual([{ ...open_, held: [] }])
  store.close()
})

it('goes when it is as old as connections may be, but not while it is open', () => {
  const folder = temporaryFolder()
  const contacts = [contact(one, T0), contact(twin, T0, { open: 0 })]
  const store = started(folder, T0, contacts)
  const later = T0 + 40 * DAY
  store.commit(tick(later, {}))
  for (let n = 0; n < 45; n += 1)
    store.tend((db) =>
      finish(housekeepingPass(db, { now: later, settings: DEFAULT_RETENTION, leftovers: true })),
    )
  expect(count(folder)).toBe(1)
  store.commit(
    tick(later + 1, {
      reached: { begins: false, contacts: [contact(one, T0, { open: 0, connections: 0 })] },
    }),
  )
  const request = { now: later + DAY, settings: DEFAULT_RETENTION, before: null, servers: null }
  store.tend((db) => finish(pruneJob(db, request)))
  expect(count(folder)).toBe(0)
  store.close()
})

it('is exported and counted with the rest', () => {
  const folder = temporaryFolder()
  const store = started(folder, T0, [contact(one, T0), contact(twin, T0, { open: 0 })])
  store.commit(tick(T0 + 60_000, {}))
  store.close()
  const archive = openArchive({ folder, now: () => T0 + 60_000 })
  const rows = (from: number, name?: string) =>
    [...archive.exported({ from, to: T0 + DAY }, name === undefined ? {} : { server: name })].flat()
  try {
    const all = rows(T0 - DAY)
    for (const row of all) exportRowSchema.parse(row)
    expect(all).toMatchObject([
      { server: 'one', address: '203.0.113.9', port: 443, to: iso(T0 + 60_000), verdict: null },
      { server: 'twin', kind: 'reached', from: iso(T0), to: iso(T0), connections: 1, pid: null },
    ])
    expect(rows(T0 - DAY, 'twin').map(({ server }) => server)).toEqual(['twin'])
    expect(rows(T0 + 30_000).map(({ server }) => server)).toEqual(['one'])
    const stats = archive.stats().kinds.find(({ kind }) => kind === 'reached')
    expect(stats).toEqual({ kind: 'reached', rows: 2, from: iso(T0), to: iso(T0 + 60_000) })
  } finally {
    archive.close()
  }
})

it('is removed on request, of one server or of all', () => {
  const folder = temporaryFolder()
  const closed = { open: 0 }
  const store = started(folder, T0, [contact(one, T0, closed), contact(twin, T0, closed)])
  const erased = store.tend((db) => finish(eraseJob(db, [one.server.id], false)))
  expect(erased.removed.reached).toBe(1)
  expect(count(folder)).toBe(1)
  store.tend((db) => finish(eraseJob(db, null, false)))
  expect(count(folder)).toBe(0)
  store.close()
})

it('gets its table in a database of the version before it', () => {
  const folder = temporaryFolder()
  const before = MIGRATIONS.indexOf(REACHED)
  const db = new Database(join(folder, 'watch.db'))
  for (const step of MIGRATIONS.slice(0, before)) db.exec(step)
  db.pragma(`user_version = ${before}`)
  db.close()
  started(folder, T0, [contact(one, T0)]).close()
  expect(count(folder)).toBe(1)
})

it('keeps what the version before left, of which no ends are known', () => {
  const folder = temporaryFolder()
  const before = MIGRATIONS.indexOf(REACHED_HELD)
  const db = new Database(join(folder, 'watch.db'))
  for (const step of MIGRATIONS.slice(0, before)) db.exec(step)
  db.exec(`
    INSERT INTO server (id, client, name, source, scope, transport, disabled, configured,
        expectation, expectation_source)
      VALUES ('s', 'cursor', 'far', '/x', 'user', 'http', 0, 1, 'open', 'default');
    INSERT INTO reached VALUES ('s', '203.0.113.9', 443, ${T0}, ${T0}, 3, 1);
    INSERT INTO meta VALUES ('last_tick_at', ${T0})`)
  db.pragma(`user_version = ${before}`)
  db.close()
  const store = open(folder)
  const left = { serverId: 's', client: 'cursor', address: '203.0.113.9', port: 443, held: [] }
  expect(store.memory().reached).toEqual([left])
  store.close()
  expect(reachedIn(folder, T0 - DAY, T0).get('far')).toMatchObject({ connections: 3 })
})
