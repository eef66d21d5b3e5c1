/** Answers as a daemon would give them, for the renderers. */
import type { Status } from '../../../shared/contract/answers.ts'
import type { DestinationJson, FindingJson, ServerJson } from '../../../shared/contract/common.ts'
import type { Report } from '../../../shared/contract/report.ts'

/** The sample report ends here. */
export const NOW = '2026-11-22T12:00:00.000Z'
export const nowMs = Date.parse(NOW)
export const minutesAgo = (minutes: number): string =>
  new Date(nowMs - minutes * 60_000).toISOString()

export const destination = (changes: Partial<DestinationJson> = {}): DestinationJson => ({
  protocol: 'tcp',
  address: '203.0.113.10',
  port: 443,
  direction: 'outbound',
  names: [],
  scope: 'public',
  trafficClass: 'server',
  verdict: 'unexpected',
  reason: 'beyond-local',
  relayed: false,
  inherited: false,
  open: 1,
  outcomes: { established: 3 },
  attempted: false,
  owners: [{ pid: 4242, role: 'server', executable: '/usr/bin/node' }],
  candidates: [],
  firstSeen: minutesAgo(50),
  lastSeen: minutesAgo(1),
  connections: 3,
  bytes: null,
  ...changes,
})

export const server = (
  changes: Partial<ServerJson & { destinations: DestinationJson[] }> = {},
): Report['servers'][number] => ({
  id: 'aaaa000011112222',
  client: 'cursor',
  name: 'memory',
  source: '/home/dev/.cursor/mcp.json',
  scope: 'user',
  transport: 'stdio',
  state: 'running',
  disabled: false,
  package: { name: '@modelcontextprotocol/server-memory', version: '2026.8.31' },
  expectation: 'local-only',
  expectationSource: 'catalogue',
  rules: [],
  alsoIn: [],
  instances: [
    {
      rootPid: 4242,
      client: 'claude-code',
      clientPid: 4000,
      startedAt: minutesAgo(60),
      endedAt: null,
      quality: 'exact',
      reasons: ['package', 'client-ancestor'],
      oneOf: [],
    },
  ],
  reached: null,
  destinations: [],
  ...changes,
})

export const finding = (changes: Partial<FindingJson> = {}): FindingJson => ({
  id: 'ffff000011112222',
  kind: 'local-only-egress',
  severity: 'high',
  attempted: false,
  serverId: 'aaaa000011112222',
  server: 'memory',
  client: 'cursor',
  oneOf: [],
  destination: { protocol: 'tcp', address: '203.0.113.10', port: 443, scope: 'public' },
  process: { pid: 4242, role: 'server', executable: '/usr/bin/node' },
  firstSeen: minutesAgo(50),
  lastSeen: minutesAgo(1),
  count: 3,
  explanation: 'The memory server connected to a public address. Look at what it sent.',
  ...changes,
})

export const report = (changes: Partial<Report> = {}): Report => ({
  schemaVersion: 1,
  generatedAt: NOW,
  from: minutesAgo(24 * 60),
  to: NOW,
  coverage: {
    engines: [
      { name: 'ss', from: minutesAgo(30 * 60), to: NOW, intervalMs: 1000, expectedRecall: 0.98 },
    ],
    degraded: [],
    gaps: [{ from: minutesAgo(120), to: minutesAgo(70), reason: 'sleep' }],
    connections: { owned: 3, foreign: 120, unknown: 2 },
    watched: { quietMs: 0, activeMs: 0, expectedRecall: null, servers: [] },
    notObserved: [],
    resolution: 'exact',
  },
  servers: [server({ destinations: [destination()] })],
  findings: [finding()],
  ...changes,
})

export const statusServer = (
  changes: Partial<Status['servers'][number]> = {},
): Status['servers'][number] => ({
  id: 'aaaa000011112222',
  name: 'memory',
  client: 'cursor',
  state: 'running',
  expectation: 'local-only',
  instances: [
    {
      rootPid: 4242,
      client: 'claude-code',
      clientPid: 4000,
      startedAt: minutesAgo(60),
      endedAt: null,
      quality: 'exact',
      reasons: ['package'],
      oneOf: [],
      processes: 1,
      usage: { cpuPercent: 1.25, memoryBytes: 69_000_000 },
    },
  ],
  openConnections: 1,
  unexpected: 1,
  unknown: 0,
  settle: 'mcp-watch allow memory 203.0.113.10:443',
  lastFinding: finding(),
  reached: null,
  ...changes,
})

export const status = (changes: Partial<Status> = {}): Status => ({
  schemaVersion: 1,
  daemon: { status: 'ok', version: '0.1.0', pid: 777, startedAt: minutesAgo(90), lastTickAt: NOW },
  engine: { name: 'ss', intervalMs: 1000, expectedRecall: 0.98, degraded: [] },
  configurations: [{ client: 'cursor', file: '/home/dev/.cursor/mcp.json', servers: 1 }],
  diagnostics: [],
  servers: [statusServer()],
  ...changes,
})
