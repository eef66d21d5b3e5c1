/** Servers, connections and a judge's input; every field can be overridden. */
import { initialJudgement, type JudgeInput } from '../../../daemon/judge/judge.ts'
import type { NameBook } from '../../../daemon/judge/names.ts'
import type { Instance, Role } from '../../../shared/model/attribution.ts'
import type { Connection } from '../../../shared/model/connection.ts'
import { NO_DRIFT_MEMORY } from '../../../shared/model/drift.ts'
import type { ConnectionId } from '../../../shared/model/ids.ts'
import type { Expectation } from '../../../shared/model/judgement.ts'
import type { PackageRef, Server } from '../../../shared/model/server.ts'
import type { Memory, ServerRecord } from '../../../shared/model/tick.ts'
import { end, keyOf, makeInstance, makeProcess, NETNS } from '../connections/build.ts'

export const noMemory: Memory = {
  openConnections: [],
  openInstances: [],
  findings: [],
  deliveries: [],
  knownDestinations: [],
  drift: NO_DRIFT_MEMORY,
  reached: [],
  projectFolders: [],
  lastTickAt: null,
}
export const fresh = initialJudgement(noMemory)

export const npm = (name: string): PackageRef => ({ ecosystem: 'npm', name, version: '1.0.0' })

export function makeServer(id: string, over: Partial<Server> = {}): Server {
  return {
    id: id as Server['id'],
    client: 'cursor',
    name: id,
    source: '/home/u/.cursor/mcp.json',
    scope: 'user',
    transport: 'stdio',
    launch: null,
    endpoint: null,
    disabled: false,
    ...over,
  }
}

export function recordOf(
  id: string,
  expectation: Expectation,
  over: Partial<ServerRecord> = {},
): ServerRecord {
  return {
    server: makeServer(id),
    package: null,
    expectation,
    expectationSource: expectation === 'open' ? 'default' : 'catalogue',
    rules: [],
    children: 'same',
    telemetry: [],
    setByUser: false,
    mutes: [],
    ...over,
  }
}

export function connect(remote: string, over: Partial<Connection> = {}, role: Role = 'server') {
  return {
    id: `c ${remote}` as ConnectionId,
    instance: makeInstance('a', []).id,
    netns: NETNS,
    protocol: 'tcp',
    local: end('192.168.1.5:40000'),
    remote: end(remote),
    inode: 1,
    cookie: null,
    direction: 'outbound',
    owner: { process: keyOf(20), pid: 20, role, executable: '/usr/bin/node' },
    candidates: [],
    inherited: false,
    outcome: 'established',
    openedBefore: false,
    firstSeen: 1000,
    lastSeen: 1000,
    closedAt: null,
    bytes: null,
    ...over,
  } satisfies Connection as Connection
}

export const instanceA = (over: Partial<Instance> = {}): Instance =>
  makeInstance('a', [[makeProcess(20, 10), 'server']], over)

/** Names of addresses: `{ 'api.test': ['203.0.113.9'] }`; a host without any is still being asked for. */
export function bookOf(
  hosts: Readonly<Record<string, readonly string[]>>,
  over: Partial<NameBook> = {},
): NameBook {
  return {
    isOn: true,
    namesOf: (address) => {
      const found = Object.keys(hosts).filter((host) => hosts[host]?.includes(address))
      return found.map((host) => ({ host, at: 1500, shared: found.length > 1 }))
    },
    freshness: (host) => ((hosts[host] ?? []).length > 0 ? 'fresh' : 'pending'),
    varies: () => false,
    ...over,
  }
}

/** An input in which one server, `server-a`, is held to `expectation` and has these connections open. */
export function inputFor(
  expectation: Expectation,
  open: readonly Connection[],
  over: Partial<JudgeInput> = {},
): JudgeInput {
  const instance = instanceA()
  const record = recordOf('server-a', expectation)
  return {
    at: 2000,
    records: new Map([[record.server.id, record]]),
    instances: new Map([[instance.id, instance]]),
    open,
    opened: open,
    updated: [],
    closed: [],
    unreadable: new Set(),
    host: {
      selfAddresses: new Set(['192.168.1.5']),
      nameservers: new Set(['192.168.1.1', '127.0.0.53']),
      proxyPorts: new Set([3128]),
    },
    registryOf: () => ({ kind: 'unknown' }),
    peerOf: () => ({ kind: 'none' }),
    names: bookOf({}),
    listening: [],
    rawSockets: [],
    ...over,
  }
}
