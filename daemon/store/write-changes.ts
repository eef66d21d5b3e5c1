/** What the configuration was and became: writing it, and reading back what the next run compares with. */
import type { DriftMemory, DriftResult, KnownEntry } from '../../shared/model/drift.ts'
import type { EpochMs, ServerId } from '../../shared/model/ids.ts'
import type { Transport } from '../../shared/model/server.ts'
import type { Db } from './db.ts'
import { COMPARED_SINCE_KEY } from './schema-drift.ts'
import { bit, whole, wholeOrNull } from './values.ts'

/** When an entry was seen first stays as it is written: after an erasure its history begins anew. */
const UPSERT = `
  INSERT INTO server_print (server_id, present, first_seen, arrived_since, arrived_at, transport,
    command, program, package, version, url, whole, disabled)
  VALUES (@serverId, @present, @firstSeen, @arrivedSince, @arrivedAt, @transport,
    @command, @program, @package, @version, @url, @whole, @disabled)
  ON CONFLICT (server_id) DO UPDATE SET present = excluded.present,
    arrived_since = excluded.arrived_since, arrived_at = excluded.arrived_at,
    transport = excluded.transport, command = excluded.command, program = excluded.program,
    package = excluded.package, version = excluded.version, url = excluded.url,
    whole = excluded.whole, disabled = excluded.disabled`

export function createChangeWriter(db: Db): (drift: DriftResult) => void {
  const upsert = db.prepare(UPSERT)
  const insert = db.prepare(`
    INSERT INTO server_change (server_id, kind, field, from_text, to_text, since, at)
    VALUES (@serverId, @kind, @field, @from, @to, @since, @at)`)
  const begin = db.prepare(`
    INSERT INTO meta (key, value) VALUES ('${COMPARED_SINCE_KEY}', ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value`)
  return ({ since, entries, changes }) => {
    if (since !== null) begin.run(whole(since))
    for (const { serverId, present, firstSeen, arrived, print } of entries) {
      upsert.run({
        ...print,
        serverId,
        present: bit(present),
        firstSeen: whole(firstSeen),
        arrivedSince: wholeOrNull(arrived?.since ?? null),
        arrivedAt: wholeOrNull(arrived?.at ?? null),
        disabled: bit(print.disabled),
      })
    }
    for (const change of changes) {
      insert.run({ ...change, since: whole(change.since), at: whole(change.at) })
    }
  }
}

interface PrintRow {
  serverId: ServerId
  name: string
  client: string
  source: string
  scope: string
  present: number
  firstSeen: EpochMs
  arrivedSince: EpochMs | null
  arrivedAt: EpochMs | null
  transport: Transport
  command: string | null
  program: string
  package: string | null
  version: string | null
  url: string | null
  whole: string
  disabled: number
}

const PRINTS = `
  SELECT p.server_id AS serverId, s.name, s.client, s.source, s.scope, p.present,
    p.first_seen AS firstSeen, p.arrived_since AS arrivedSince, p.arrived_at AS arrivedAt,
    p.transport, p.command, p.program, p.package, p.version, p.url, p.whole, p.disabled
  FROM server_print p JOIN server s ON s.id = p.server_id ORDER BY p.server_id`

export function readDriftMemory(db: Db): DriftMemory {
  const find = db.prepare<unknown[], number>('SELECT value FROM meta WHERE key = ?').pluck()
  return {
    since: find.get(COMPARED_SINCE_KEY) ?? null,
    entries: db.prepare<unknown[], PrintRow>(PRINTS).all().map(entryOf),
  }
}

function entryOf(row: PrintRow): KnownEntry {
  const { serverId, name, client, source, scope, firstSeen, arrivedSince, arrivedAt } = row
  const { transport, command, program, package: named, version, url, whole: all } = row
  return {
    serverId,
    name,
    client,
    source,
    scope,
    print: {
      transport,
      command,
      program,
      package: named,
      version,
      url,
      whole: all,
      disabled: row.disabled === 1,
    },
    firstSeen,
    arrived:
      arrivedSince === null || arrivedAt === null ? null : { since: arrivedSince, at: arrivedAt },
    present: row.present === 1,
  }
}
