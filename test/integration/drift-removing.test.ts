/** What became of the configuration, removed from real databases: by age, by count, on request. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eraseJob, pruneJob } from '../../daemon/store/data-jobs.ts'
import { NO_DRIFT } from '../../shared/model/drift.ts'
import { DEFAULT_RETENTION } from '../../shared/model/policy.ts'
import { finding, record, T0, temporaryFolder, tick } from '../unit/store/ticks.ts'
import { ask, asked, begun, change, DAY, entry, files, HOUR, story } from './drift-story.ts'
import { dump, open, rows, run } from './store-files.ts'

describe('removing', () => {
  const SECRET_NAME = 'name-nobody-may-find'
  const finish = <T>(steps: Generator<void, T>): T => {
    let step = steps.next()
    while (step.done !== true) step = steps.next()
    return step.value
  }

  it('is by age, as for findings, and then nothing of a server that is gone is left', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    for (const each of story) store.commit(each)
    const settings = { ...DEFAULT_RETENTION, findingsMs: 10 * DAY }
    const prune = (now: number) =>
      store.tend((db) => finish(pruneJob(db, { now, settings, before: null, servers: null })))
    expect(prune(T0 + 9 * DAY).removed.changes).toBe(0)
    expect(prune(T0 + 10 * DAY + HOUR + 1).removed.changes).toBe(1)
    expect(prune(T0 + 11 * DAY).removed.changes).toBe(1)
    store.close()
    expect(rows(folder, 'SELECT name FROM server')).toEqual([{ name: 'files' }])
    expect(rows(folder, 'SELECT server_id FROM server_print')).toHaveLength(1)
  })

  it('is by count where there are very many', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    const changes = Array.from({ length: 50_100 }, (_, n) => change(files, T0 + n))
    store.commit(tick(T0, { servers: [files], drift: { ...begun, entries: [], changes } }))
    const settings = DEFAULT_RETENTION
    const { removed } = store.tend((db) =>
      finish(pruneJob(db, { now: T0 + DAY, settings, before: null, servers: null })),
    )
    store.close()
    expect(removed.changes).toBe(100)
    expect(rows(folder, 'SELECT min(at) AS at FROM server_change')).toEqual([{ at: T0 + 100 }])
  })

  it('is on request of what is older, and of one server', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    for (const each of story) store.commit(each)
    const settings = DEFAULT_RETENTION
    const before = T0 + HOUR + 1
    const pruned = store.tend((db) =>
      finish(pruneJob(db, { now: T0 + DAY, settings, before, servers: null })),
    )
    expect(pruned.removed.changes).toBe(1)
    expect(ask(folder, 'memory')[0]?.changes).toHaveLength(1)
    const [drift, id] = [{ ...NO_DRIFT, changes: [change(files, T0 + DAY)] }, files.server.id]
    store.commit(tick(T0 + DAY, { drift, findings: [finding(files)] }))
    const erased = store.tend((db) => finish(eraseJob(db, [id], false)))
    expect(erased.removed.changes).toBe(1)
    expect(ask(folder, 'files')).toMatchObject([
      { changes: [], firstSeen: new Date(T0 + DAY).toISOString() },
    ])
    expect(ask(folder, 'memory')[0]?.changes).toHaveLength(1)
    // It is still compared with, or the next run would take what changes meanwhile for granted.
    expect(store.memory().drift.entries.find(({ serverId }) => serverId === id)?.present).toBe(true)
    store.close()
  })

  it('of everything leaves no word of what was configured once', () => {
    const folder = temporaryFolder()
    const store = open(folder)
    const gone = record(SECRET_NAME)
    store.commit(
      tick(T0, {
        servers: [files],
        drift: {
          since: T0,
          entries: [entry(files), entry(gone, { present: false })],
          changes: [change(files, T0, SECRET_NAME)],
        },
      }),
    )
    store.tend((db) => finish(eraseJob(db, null, true)))
    store.close()
    const bytes = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))))
    expect(bytes.includes(SECRET_NAME)).toBe(false)
    expect(dump(folder)).not.toContain(SECRET_NAME)
  })

  it('is counted by kind', () => {
    const folder = temporaryFolder()
    run(folder, story)
    const { kinds } = asked(folder, (archive) => archive.stats())
    expect(kinds.find(({ kind }) => kind === 'changes')).toEqual({
      kind: 'changes',
      rows: 2,
      from: new Date(T0 + HOUR).toISOString(),
      to: new Date(T0 + 2 * HOUR).toISOString(),
    })
  })
})
