import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createApiClient } from '../../cli/api-client.ts'
import { createApi } from '../../daemon/api/create-api.ts'
import { listenOnSocket } from '../../daemon/api/listen.ts'
import { createDataDesk } from '../../daemon/data-desk.ts'
import { openArchive } from '../../daemon/query/archive.ts'
import { housekeepingPass } from '../../daemon/store/housekeeping.ts'
import { dataChangeSchema, exportRowSchema } from '../../shared/contract/data.ts'
import {
  DEFAULT_RETENTION,
  RETENTION_UNKNOWN,
  type RetentionSettings,
} from '../../shared/model/policy.ts'
import {
  closed,
  fixedClock,
  instance,
  judged,
  record,
  silentLog,
  T0,
  temporaryFolder,
  tick,
} from '../unit/store/ticks.ts'
import { open } from './store-files.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOW = T0 + 10 * DAY
const files = record('files')
const hostile = record('=cmd()\u001b[2J')
const root = instance(100, [files])
const other = instance(200, [hostile])

function brief(of: typeof root, n: number, at: number) {
  return closed(judged(of, n, { connection: { firstSeen: at, lastSeen: at } }), at + 1_000)
}

/** One connection an hour of each server for ten days; single ones of the last two days, hours of the last four. */
function kept() {
  const folder = join(temporaryFolder(), 'state')
  mkdirSync(folder)
  const store = open(folder)
  store.commit(tick(T0, { servers: [files, hostile], instances: [root, other] }))
  for (let n = 0; n < 240; n += 1) {
    const at = T0 + n * HOUR
    store.commit(tick(at + 2_000, { closed: [brief(root, n, at), brief(other, n, at)] }))
  }
  const settings = { ...DEFAULT_RETENTION, connectionsMs: 2 * DAY, hoursMs: 4 * DAY }
  for (let n = 0; n < 12; n += 1) {
    store.tend((db) => {
      for (const _ of housekeepingPass(db, { now: NOW, settings, leftovers: true }));
    })
  }
  const archive = openArchive({ folder, now: () => NOW })
  return { folder, store, archive }
}

describe('export', () => {
  it('hands out each time once, by the finest that is kept of it', () => {
    const { store, archive } = kept()
    const rows = [...archive.exported({ from: T0 - DAY, to: NOW }, {})].flat()
    archive.close()
    store.close()
    for (const row of rows) exportRowSchema.parse(row)
    const of = (kind: string) => rows.filter((row) => row.kind === kind && row.server === 'files')
    const counted = (kind: string) => of(kind).reduce((sum, it) => sum + it.connections, 0)
    expect(of('connection')).toHaveLength(48)
    expect(of('hour').length).toBeGreaterThan(40)
    expect(of('day').length).toBeGreaterThan(5)
    expect(counted('connection') + counted('hour') + counted('day')).toBe(240)
    const order = ['day', 'hour', 'connection']
    const places = rows.map(({ kind }) => order.indexOf(kind))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
  })

  it('keeps to the window and the servers', () => {
    const { store, archive } = kept()
    const window = { from: NOW - 5 * HOUR, to: NOW - 2 * HOUR }
    const rows = [...archive.exported(window, { server: 'files' })].flat()
    archive.close()
    store.close()
    expect(rows.map(({ from }) => Date.parse(from))).toEqual([
      NOW - 5 * HOUR,
      NOW - 4 * HOUR,
      NOW - 3 * HOUR,
      NOW - 2 * HOUR,
    ])
  })
})

describe('the two routes that remove', () => {
  async function served(settings: RetentionSettings = DEFAULT_RETENTION) {
    const all = kept()
    const desk = createDataDesk({
      folder: all.folder,
      clock: fixedClock(NOW),
      archive: all.archive,
      run: async (job) =>
        all.store.tend((db) => {
          const steps = job(db)
          let step = steps.next()
          while (step.done !== true) step = steps.next()
          return step.value
        }),
      settings: () => settings,
      isAlone: false,
    })
    const missing = () => {
      throw new Error('not asked for here')
    }
    const api = createApi({
      archive: all.archive,
      status: missing,
      health: missing,
      log: silentLog,
      data: desk,
    })
    const socket = join(all.folder, 'api.sock')
    await listenOnSocket(api, socket)
    return { ...all, api, client: createApiClient(socket) }
  }

  it('remove nothing by age while the policy cannot be read', async () => {
    const { api, store, archive, client } = await served(RETENTION_UNKNOWN)
    try {
      const before = archive.stats().kinds
      await expect(client.prune({})).rejects.toMatchObject({ code: 'POLICY_INVALID' })
      expect(archive.stats().kinds).toEqual(before)
      expect((await client.prune({ olderThanMs: DAY })).removed.connections).toBeGreaterThan(0)
    } finally {
      await api.close()
      archive.close()
      store.close()
    }
  })

  it('remove what is asked for, over the Unix socket', async () => {
    const { api, archive, store, client } = await served()
    try {
      const pruned = await client.prune({ olderThanMs: DAY, server: 'files' })
      expect(dataChangeSchema.parse(pruned).removed.connections).toBe(24)
      const erased = await client.erase({ server: 'files' })
      expect(erased.removed.connections).toBe(24)
      const left = [...archive.exported({ from: 0, to: NOW }, {})].flat()
      expect(new Set(left.map(({ server }) => server))).toEqual(new Set([hostile.server.name]))
      await expect(client.erase({})).rejects.toMatchObject({ code: 'USAGE' })
      await expect(client.prune({ server: 'files' })).rejects.toMatchObject({ code: 'USAGE' })
      await expect(client.erase({ server: 'nobody' })).rejects.toMatchObject({
        code: 'UNKNOWN_SERVER',
      })
    } finally {
      await api.close()
      archive.close()
      store.close()
    }
  })

  it('are refused to whoever comes over TCP', async () => {
    const { api, archive, store } = await served()
    // fastify's own request comes from 127.0.0.1, as one over TCP.
    const answer = await api.inject({
      method: 'POST',
      url: '/api/v1/data/erase',
      payload: { everything: true },
    })
    expect([answer.statusCode, answer.json()]).toMatchObject([
      403,
      { error: { code: 'FORBIDDEN' } },
    ])
    expect([...archive.exported({ from: 0, to: NOW }, {})].flat().length).toBeGreaterThan(100)
    await api.close()
    archive.close()
    store.close()
  })
})
