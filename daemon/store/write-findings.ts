/** Findings, one row each for ever: a later sighting changes the row. */
import type { Finding } from '../../shared/model/judgement.ts'
import type { Db } from './db.ts'
import { bit, whole } from './values.ts'

const UPSERT = `
  INSERT INTO finding (id, kind, severity, attempted, server_id, protocol, address, port, scope,
    pid, role, executable, first_seen, last_seen, count, explanation, one_of)
  VALUES (@id, @kind, @severity, @attempted, @server, @protocol, @address, @port, @scope,
    @pid, @role, @executable, @firstSeen, @lastSeen, @count, @explanation, @oneOf)
  ON CONFLICT (id) DO UPDATE SET severity = excluded.severity,
    attempted = excluded.attempted, scope = excluded.scope,
    pid = excluded.pid, role = excluded.role, executable = excluded.executable,
    first_seen = min(finding.first_seen, excluded.first_seen), last_seen = excluded.last_seen,
    count = excluded.count, explanation = excluded.explanation,
    one_of = excluded.one_of`

export function createFindingWriter(db: Db): (finding: Finding) => void {
  const upsert = db.prepare(UPSERT)
  return (finding) => {
    upsert.run({
      id: finding.id,
      kind: finding.kind,
      severity: finding.severity,
      attempted: bit(finding.attempted),
      server: finding.serverId,
      protocol: finding.destination?.protocol ?? null,
      address: finding.destination?.address ?? null,
      port: finding.destination?.port ?? null,
      scope: finding.destination?.scope ?? null,
      pid: finding.process?.pid ?? null,
      role: finding.process?.role ?? null,
      executable: finding.process?.executable ?? null,
      firstSeen: whole(finding.firstSeen),
      lastSeen: whole(finding.lastSeen),
      count: whole(finding.count),
      explanation: finding.explanation,
      oneOf: JSON.stringify(finding.oneOf ?? []),
    })
  }
}
