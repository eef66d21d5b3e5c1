import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { openArchive } from '../../daemon/query/archive.ts'
import { DATABASE_VERSION, MIGRATIONS } from '../../daemon/store/schema.ts'
import { T0, temporaryFolder } from '../unit/store/ticks.ts'
import { DAY, HOUR, pass } from './retention-story.ts'
import { dump, open, rows } from './store-files.ts'

describe('migration', () => {
  it.each(MIGRATIONS.slice(0, -1).map((_, n) => n + 1))(
    'brings a database of version %i here with what it holds',
    (version) => {
      const folder = join(temporaryFolder(), 'state')
      mkdirSync(folder)
      const old = new Database(join(folder, 'watch.db'))
      old.pragma('journal_mode = WAL')
      for (const sql of MIGRATIONS.slice(0, version)) old.exec(sql)
      old.pragma(`user_version = ${version}`)
      old.exec(`
        INSERT INTO server (id, client, name, source, scope, transport, disabled, configured,
            expectation, expectation_source)
          VALUES ('s', 'cursor', 'files', '/x', 'user', 'stdio', 0, 1, 'open', 'default');
        INSERT INTO instance (id, root, root_pid, started_at, seen_at, quality, reasons, judged, orphaned)
          VALUES ('i', 'boot:1:1:0', 1, ${T0}, ${T0}, 'exact', '[]', 1, 0);
        INSERT INTO instance_server VALUES ('i', 's');
        INSERT INTO destination VALUES (1, 'tcp', '203.0.113.10', '', 443, 'outbound');
        INSERT INTO contact (id, digest, instance_id, server_id, destination_id, scope, traffic_class,
            verdict, reason, relayed, inherited, outcome, candidates)
          VALUES (1, 'd', 'i', 's', 1, 'public', 'server', 'expected', 'declared', 0, 0, 'established', '[]');
        INSERT INTO connection (id, contact_id, netns, local_address, local_port, remote_port,
            opened_before, first_seen, last_seen, closed_at)
          VALUES ('a', 1, 'host', '192.0.2.1', 1, 443, 0, ${T0}, ${T0 + 5}, ${T0 + 5}),
            ('b', 1, 'host', '192.0.2.1', 2, 443, 0, ${T0}, ${T0 + 5}, NULL);
        INSERT INTO finding (id, kind, severity, server_id, protocol, address, port, scope,
            first_seen, last_seen, count, explanation)
          VALUES ('f', 'local-only-egress', 'high', 's', 'tcp', '203.0.113.10', 443, 'public',
            ${T0}, ${T0}, 1, 'It connected out.');
        INSERT INTO meta VALUES ('last_tick_at', ${T0 + 10});`)
      old.close()
      const store = open(folder)
      expect(store.notices).toEqual([])
      const { openConnections, findings, deliveries } = store.memory()
      expect([openConnections.length, findings.length]).toEqual([1, 1])
      // What was found before deliveries were kept counts as told.
      expect(deliveries.length).toBe(version < 2 ? 1 : 0)
      pass(store, T0 + 2 * DAY)
      store.close()
      expect(rows(folder, 'PRAGMA user_version')).toEqual([{ user_version: DATABASE_VERSION }])
      expect(rows(folder, 'PRAGMA auto_vacuum')).toEqual([{ auto_vacuum: 2 }])
      // Later versions write it themselves.
      if (version < 5)
        expect(rows(folder, 'SELECT last_at FROM contact')).toEqual([{ last_at: T0 + 5 }])
      const archive = openArchive({ folder, now: () => T0 + 20 })
      const report = archive.report({ from: T0 - HOUR, to: T0 + 20 }, {})
      archive.close()
      expect(report.servers[0]).toMatchObject({
        state: 'running',
        destinations: [{ connections: 2, open: 1 }],
      })
      expect(dump(folder)).toContain('203.0.113.10')
    },
  )
})
