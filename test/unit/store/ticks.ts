/** Ticks for tests of the store and of what is asked of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Clock, Log } from '../../../daemon/ports.ts'
import type { Instance } from '../../../shared/model/attribution.ts'
import type { Connection } from '../../../shared/model/connection.ts'
import { NO_DRIFT } from '../../../shared/model/drift.ts'
import {
  connectionId,
  findingId,
  instanceId,
  type ProcessKey,
  serverId,
} from '../../../shared/model/ids.ts'
import type { Finding, JudgedConnection } from '../../../shared/model/judgement.ts'
import type { ServerRecord, TickResult } from '../../../shared/model/tick.ts'

/** A round moment that the tests count from. */
export const T0 = Date.UTC(2026, 0, 15, 12, 0, 0)

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

export function fixedClock(at: number): Clock {
  return { wallMs: () => at, monotonicMs: () => at }
}

/** A folder that is removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-watch-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function record(name: string, over: Partial<ServerRecord> = {}): ServerRecord {
  const source = '/home/user/config.json'
  return {
    server: {
      id: serverId('claude-desktop', source, 'user', name),
      client: 'claude-desktop',
      name,
      source,
      scope: 'user',
      transport: 'stdio',
      launch: null,
      endpoint: null,
      disabled: false,
    },
    package: { ecosystem: 'npm', name: `@example/${name}`, version: '1.2.3' },
    expectation: 'local-only',
    expectationSource: 'catalogue',
    rules: [],
    children: 'same',
    telemetry: [],
    setByUser: false,
    mutes: [],
    ...over,
  }
}

export function instance(
  pid: number,
  servers: readonly [ServerRecord, ...ServerRecord[]],
  over: Partial<Instance> = {},
): Instance {
  const [first, ...others] = servers
  return {
    id: instanceId('boot', pid, 7),
    serverIds: [first.server.id, ...others.map(({ server }) => server.id)],
    root: `boot:${pid}:7:0` as ProcessKey,
    rootPid: pid,
    startedAt: T0 - 5_000.25,
    client: { id: 'claude-desktop', process: 'boot:9:1:0' as ProcessKey, pid: 9 },
    ancestors: [],
    quality: servers.length > 1 ? 'one-of' : 'exact',
    reasons: ['package', 'client-ancestor'],
    judged: true,
    orphaned: false,
    package: null,
    binary: null,
    members: [],
    ...over,
  }
}

export interface JudgedWords extends Partial<Omit<JudgedConnection, 'connection'>> {
  readonly connection?: Partial<Connection>
}

/** A connection of `of` to 203.0.113.10:`port`, told apart from others by `n`. */
export function judged(of: Instance, n: number, words: JudgedWords = {}): JudgedConnection {
  const { connection, ...judgement } = words
  return {
    connection: {
      id: connectionId([of.id, n]),
      instance: of.id,
      netns: 'net:[1]',
      protocol: 'tcp',
      local: { address: '192.0.2.1', port: 40_000, zone: null },
      remote: { address: '203.0.113.10', port: 443, zone: null },
      inode: 1_000 + n,
      cookie: null,
      direction: 'outbound',
      owner: {
        process: of.root,
        pid: of.rootPid,
        role: 'server',
        executable: '/usr/bin/node',
      },
      candidates: [],
      inherited: false,
      outcome: 'established',
      openedBefore: false,
      firstSeen: T0,
      lastSeen: T0,
      closedAt: null,
      bytes: null,
      ...connection,
    },
    serverId: of.serverIds[0],
    names: [],
    scope: 'public',
    trafficClass: 'server',
    verdict: 'unexpected',
    reason: 'beyond-local',
    relayed: false,
    ...judgement,
  }
}

export function closed(it: JudgedConnection, at: number): JudgedConnection {
  return { ...it, connection: { ...it.connection, lastSeen: at, closedAt: at } }
}

export function finding(of: ServerRecord, over: Partial<Finding> = {}): Finding {
  return {
    id: findingId('local-only-egress', of.server.id, 'tcp 203.0.113.10 443'),
    kind: 'local-only-egress',
    severity: 'high',
    attempted: false,
    serverId: of.server.id,
    destination: { protocol: 'tcp', address: '203.0.113.10', port: 443, scope: 'public' },
    process: { pid: 100, role: 'server', executable: '/usr/bin/node' },
    firstSeen: T0,
    lastSeen: T0,
    count: 1,
    explanation: 'It connected out.',
    ...over,
  }
}

export interface TickWords extends Partial<Omit<TickResult, 'coverage'>> {
  readonly coverage?: Partial<TickResult['coverage']>
}

export function tick(at: number, words: TickWords = {}): TickResult {
  const { coverage, ...rest } = words
  return {
    at,
    servers: null,
    diagnostics: null,
    instances: [],
    ended: [],
    opened: [],
    updated: [],
    closed: [],
    findings: [],
    learned: [],
    drift: NO_DRIFT,
    ...rest,
    coverage: {
      engine: { name: 'ss', intervalMs: 1_000, expectedRecall: 0.9, degraded: [] },
      counts: { owned: 0, foreign: 0, unknown: 0 },
      gaps: [],
      notObserved: [],
      ...coverage,
    },
  }
}
