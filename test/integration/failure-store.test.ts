/** A database that is damaged, replaced or taken away while it is written to. */
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { openArchive } from '../../daemon/query/archive.ts'
import type { StoreNotice } from '../../daemon/store/database.ts'
import { type OpenedStore, openStore } from '../../daemon/store/store.ts'
import type { Delivery } from '../../shared/model/delivery.ts'
import {
  closed,
  finding,
  instance,
  judged,
  record,
  silentLog,
  T0,
  temporaryFolder,
  tick,
} from '../unit/store/ticks.ts'
import { open, rows } from './store-files.ts'

const files = record('files')
const root = instance(100, [files])
const told: Delivery = {
  findingId: finding(files).id,
  serverId: files.server.id,
  kind: 'local-only-egress',
  severity: 'high',
  outcome: 'told',
  at: T0,
}

/** A store whose clock goes on by a second with each tick, after three of them. */
function running(): {
  readonly folder: string
  readonly path: string
  readonly store: OpenedStore
  readonly notices: StoreNotice[]
  readonly next: (words?: Parameters<typeof tick>[1]) => number
} {
  const folder = join(temporaryFolder(), 'state')
  const notices: StoreNotice[] = []
  let now = T0
  const clock = { wallMs: () => now, monotonicMs: () => now - T0 }
  const store = openStore({ folder, clock, log: silentLog, onNotice: (it) => notices.push(it) })
  const next = (words: Parameters<typeof tick>[1] = {}): number => {
    now += 1_000
    store.commit(tick(now, words))
    return now
  }
  store.commit(tick(T0, { servers: [files], instances: [root], opened: [judged(root, 1)] }))
  next({
    findings: [finding(files)],
    learned: [{ serverId: files.server.id, key: 'tcp 443 203.0/16', firstSeen: T0 }],
  })
  next({ opened: [judged(root, 2)] })
  store.recordDelivery([told])
  return { folder, path: join(folder, 'watch.db'), store, notices, next }
}

/** Another look is due. */
function later({ next }: ReturnType<typeof running>): void {
  next()
  next()
  next()
}

/** Until this is done, all is in the journal. */
function intoTheFile(scene: ReturnType<typeof running>): void {
  const other = new Database(scene.path)
  other.pragma('wal_checkpoint(TRUNCATE)')
  other.close()
  later(scene)
}

const ALL = `SELECT n.closed_at FROM connection n ORDER BY n.inode`

describe('damaged while it is open', () => {
  it.each([
    ['emptied', (path: string) => truncateSync(path, 0)],
    ['overwritten with words', (path: string) => writeFileSync(path, 'no database '.repeat(4_000))],
    [
      'overwritten in its middle',
      (path: string) => writeFileSync(path, readFileSync(path).fill(0xa5, 4_096), { flag: 'r+' }),
    ],
  ])('%s: is set aside, and a new one goes on with all that counts', (_, damage) => {
    const scene = running()
    intoTheFile(scene)
    const before = scene.store.memory()
    damage(scene.path)
    later(scene)
    scene.next({ closed: [closed(judged(root, 1), T0 + 9_000)], opened: [judged(root, 3)] })
    expect(scene.notices).toMatchObject([{ code: 'database-set-aside' }])
    expect(existsSync(scene.notices[0]?.path ?? '')).toBe(true)
    scene.store.close()
    const after = open(scene.folder)
    const memory = after.memory()
    after.close()
    expect(after.notices).toEqual([])
    for (const key of ['findings', 'deliveries', 'knownDestinations', 'openInstances'] as const)
      expect(memory[key]).toEqual(before[key])
    expect(memory.openConnections.map(({ connection }) => connection.inode)).toEqual([1_002, 1_003])
    expect(rows(scene.folder, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
    expect(rows(scene.folder, 'SELECT name FROM server WHERE configured = 1')).toHaveLength(1)
  })
})

describe('taken away while it is open', () => {
  it('is put back with every tick that was committed', () => {
    const scene = running()
    rmSync(scene.path)
    const last = scene.next({ opened: [judged(root, 3)] })
    later(scene)
    expect(scene.notices).toEqual([{ code: 'database-restored', path: null }])
    expect(rows(scene.folder, ALL)).toHaveLength(3)
    scene.store.close()
    const next = open(scene.folder)
    expect(next.memory()).toMatchObject({ findings: [finding(files)], deliveries: [told] })
    expect(next.memory().lastTickAt).toBe(last + 3_000)
    next.close()
  })

  it('is put back with the folder that was removed', () => {
    const scene = running()
    rmSync(scene.folder, { recursive: true })
    later(scene)
    expect(rows(scene.folder, ALL)).toHaveLength(2)
    scene.store.close()
  })
})

describe('replaced while it is open', () => {
  it('is put back, and what was in its place is kept; who reads goes on with the new file', () => {
    const scene = running()
    const archive = openArchive({ folder: scene.folder, now: () => T0 + 60_000 })
    const seen = (): number =>
      archive.connections({ from: T0, to: T0 + 60_000 }, {}, 100).connections.length
    expect(seen()).toBe(2)
    const stranger = join(scene.folder, 'stranger.db')
    const other = new Database(stranger)
    other.exec('CREATE TABLE other (x)')
    other.close()
    renameSync(stranger, scene.path)
    scene.next({ opened: [judged(root, 3)] })
    later(scene)
    expect(seen()).toBe(3)
    archive.close()
    const [notice] = scene.notices
    expect(notice?.code).toBe('database-restored')
    const aside = new Database(notice?.path ?? '', { readonly: true })
    expect(aside.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual(['other'])
    aside.close()
    expect(rows(scene.folder, ALL)).toHaveLength(3)
    scene.store.close()
    expect(rows(scene.folder, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
  })

  it('also by an earlier copy of itself, whose journal is then not mixed with ours', () => {
    const scene = running()
    const copy = `${scene.path}.backup`
    copyFileSync(scene.path, copy)
    scene.next({ opened: [judged(root, 3)] })
    renameSync(copy, scene.path)
    later(scene)
    scene.next({ opened: [judged(root, 4)] })
    scene.store.close()
    expect(rows(scene.folder, ALL)).toHaveLength(4)
    expect(rows(scene.folder, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
    expect(readdirSync(scene.folder).filter((name) => name.includes('stranger'))).not.toEqual([])
  })
})

it('a database that is begun anew does not bring back what a user had removed', () => {
  const scene = running()
  scene.store.tend((db) => db.exec('DELETE FROM finding; DELETE FROM delivery'))
  scene.store.removed()
  intoTheFile(scene)
  truncateSync(scene.path, 0)
  later(scene)
  scene.next({ opened: [judged(root, 3)] })
  expect(scene.notices).toHaveLength(1)
  expect(scene.store.memory()).toMatchObject({ findings: [], deliveries: [] })
  expect(scene.store.memory().openConnections).toHaveLength(3)
  scene.store.close()
})
