import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { MIGRATIONS } from '../../daemon/store/schema.ts'
import type { Delivery } from '../../shared/model/delivery.ts'
import { finding, record, T0, temporaryFolder } from '../unit/store/ticks.ts'
import { open, rows } from './store-files.ts'

const files = record('files')
const told: Delivery = {
  findingId: finding(files).id,
  serverId: files.server.id,
  kind: 'local-only-egress',
  severity: 'medium',
  outcome: 'told',
  at: T0,
}

it('gives the last decision about a finding back to the next run', () => {
  const folder = temporaryFolder()
  const store = open(folder)
  store.recordDelivery([told])
  const worse = { ...told, severity: 'high', outcome: 'held', at: T0 + 5_000 } as const
  store.recordDelivery([worse])
  store.close()
  const next = open(folder)
  expect(next.memory().deliveries).toEqual([worse])
  next.close()
})

it('says so when a lock keeps it from writing, and can write later', () => {
  const folder = temporaryFolder()
  const store = open(folder)
  const other = new Database(join(folder, 'watch.db'))
  other.exec('BEGIN IMMEDIATE')
  expect(() => store.recordDelivery([told])).toThrow(
    expect.objectContaining({ code: 'STATE_FOLDER' }),
  )
  other.close()
  store.recordDelivery([told])
  expect(store.memory().deliveries).toEqual([told])
  store.close()
})

it('counts what was found before deliveries were kept as dealt with', () => {
  const folder = temporaryFolder()
  const old = new Database(join(folder, 'watch.db'))
  old.exec(MIGRATIONS[0] ?? '')
  old.pragma('user_version = 1')
  const { id, kind, severity, serverId, explanation } = finding(files)
  old
    .prepare(
      `INSERT INTO finding (id, kind, severity, server_id, first_seen, last_seen, count, explanation)
       VALUES (?, ?, ?, ?, ?, ?, 1, ?)`,
    )
    .run(id, kind, severity, serverId, T0 - 1_000, T0, explanation)
  old.close()
  open(folder).close()
  expect(rows(folder, 'SELECT finding_id, severity, outcome, at FROM delivery')).toEqual([
    { finding_id: id, severity: 'high', outcome: 'quiet', at: T0 },
  ])
})
