/** Configured servers, running copies and what could not be read. */
import type { Instance } from '../../shared/model/attribution.ts'
import type { EpochMs, InstanceId } from '../../shared/model/ids.ts'
import { type Diagnostic, UNCONFIGURED } from '../../shared/model/server.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { formatHostRule } from '../../shared/policy/host-rule.ts'
import type { Db } from './db.ts'
import { bit, whole, wholeOrNull } from './values.ts'

/** To be shown only: nobody reads more. */
const MAX_RULES = 200

/** Replaces the configured set; servers that left it stay, with `configured` 0, because they have a history. */
export function createServerWriter(db: Db): (records: readonly ServerRecord[]) => void {
  const forget = db.prepare('UPDATE server SET configured = 0 WHERE configured = 1')
  const upsert = db.prepare(`
    INSERT INTO server (id, client, name, source, scope, transport, disabled, configured,
      package_ecosystem, package_name, package_version, expectation, expectation_source, rules)
    VALUES (@id, @client, @name, @source, @scope, @transport, @disabled, @configured,
      @ecosystem, @packageName, @version, @expectation, @expectationSource, @rules)
    ON CONFLICT (id) DO UPDATE SET transport = excluded.transport, disabled = excluded.disabled,
      configured = excluded.configured, package_ecosystem = excluded.package_ecosystem,
      package_name = excluded.package_name, package_version = excluded.package_version,
      expectation = excluded.expectation, expectation_source = excluded.expectation_source,
      rules = excluded.rules`)
  return (records) => {
    forget.run()
    for (const record of records) {
      const { server } = record
      upsert.run({
        id: server.id,
        client: server.client,
        name: server.name,
        source: server.source,
        scope: server.scope,
        transport: server.transport,
        disabled: bit(server.disabled),
        configured: bit(server.scope !== UNCONFIGURED),
        ecosystem: record.package?.ecosystem ?? null,
        packageName: record.package?.name ?? null,
        version: record.package?.version ?? null,
        expectation: record.expectation,
        expectationSource: record.expectationSource,
        rules: JSON.stringify(record.rules.slice(0, MAX_RULES).map(formatHostRule)),
      })
    }
  }
}

export function createDiagnosticWriter(db: Db): (diagnostics: readonly Diagnostic[]) => void {
  const clear = db.prepare('DELETE FROM diagnostic')
  const insert = db.prepare(
    'INSERT INTO diagnostic (client, file, line, column_number, message) VALUES (?, ?, ?, ?, ?)',
  )
  return (diagnostics) => {
    clear.run()
    for (const { client, file, line, column, message } of diagnostics) {
      insert.run(client, file, line, column, message)
    }
  }
}

const UPSERT_INSTANCE = `
  INSERT INTO instance (id, root, root_pid, started_at, seen_at, client, client_pid, quality,
    reasons, judged, orphaned, package_ecosystem, package_name, package_version, binary)
  VALUES (@id, @root, @rootPid, @startedAt, @at, @client, @clientPid, @quality,
    @reasons, @judged, @orphaned, @ecosystem, @packageName, @version, @binary)
  ON CONFLICT (id) DO UPDATE SET root = excluded.root, ended_at = NULL,
    client = excluded.client, client_pid = excluded.client_pid, quality = excluded.quality,
    reasons = excluded.reasons, judged = excluded.judged, orphaned = excluded.orphaned,
    package_ecosystem = excluded.package_ecosystem, package_name = excluded.package_name,
    package_version = excluded.package_version, binary = excluded.binary`

/** `started_at` is kept from the first sight: derived from clock ticks, it would move with the wall clock. */
export function createInstanceWriter(db: Db): (instance: Instance, at: EpochMs) => void {
  const upsert = db.prepare(UPSERT_INSTANCE)
  const unlink = db.prepare('DELETE FROM instance_server WHERE instance_id = ?')
  const link = db.prepare('INSERT INTO instance_server (instance_id, server_id) VALUES (?, ?)')
  // Instances go with their connections; that the server ever ran is remembered.
  const ran = db.prepare(
    'UPDATE server SET ran_at = @at WHERE id = @id AND (ran_at IS NULL OR ran_at > @at)',
  )
  return (instance, at) => {
    upsert.run({
      id: instance.id,
      root: instance.root,
      rootPid: instance.rootPid,
      startedAt: whole(instance.startedAt),
      at: whole(at),
      client: instance.client?.id ?? null,
      clientPid: wholeOrNull(instance.client?.pid ?? null),
      quality: instance.quality,
      reasons: JSON.stringify(instance.reasons),
      judged: bit(instance.judged),
      orphaned: bit(instance.orphaned),
      ecosystem: instance.package?.ecosystem ?? null,
      packageName: instance.package?.name ?? null,
      version: instance.package?.version ?? null,
      binary: instance.binary,
    })
    unlink.run(instance.id)
    for (const server of new Set(instance.serverIds)) {
      link.run(instance.id, server)
      ran.run({ id: server, at: whole(at) })
    }
  }
}

export function createInstanceEnder(db: Db): (id: InstanceId, at: EpochMs) => void {
  const end = db.prepare('UPDATE instance SET ended_at = ? WHERE id = ? AND ended_at IS NULL')
  return (id, at) => {
    end.run(whole(at), id)
  }
}
