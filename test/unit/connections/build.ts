/** Small processes, instances and rows to merge; every field can be overridden. */
import type { ConnectionsInput } from '../../../daemon/connections/state.ts'
import type { Instance, Role } from '../../../shared/model/attribution.ts'
import type { InstanceId, ProcessKey, ServerId } from '../../../shared/model/ids.ts'
import type {
  Batch,
  Snapshot,
  SocketAddress,
  SocketRow,
} from '../../../shared/model/observation.ts'
import type { Process, ProcessTable } from '../../../shared/model/process.ts'

export const NETNS = 'net:[1]'

export const keyOf = (pid: number, epoch = 0): ProcessKey =>
  `boot:${pid}:${pid}:${epoch}` as ProcessKey

export function makeProcess(pid: number, ppid: number, over: Partial<Process> = {}): Process {
  return {
    key: keyOf(pid),
    bootId: 'boot',
    pid,
    ppid,
    pgid: pid,
    sid: pid,
    uid: 1000,
    startTicks: pid,
    epoch: 0,
    startedAt: 1000,
    executable: '/usr/bin/node',
    comm: 'node',
    argv: ['node'],
    argvForm: 'given',
    argvBytes: null,
    cwd: '/',
    script: null,
    stdin: 'pipe',
    stdout: 'pipe',
    netns: NETNS,
    readable: true,
    cgroup: null,
    ...over,
  }
}

export function makeInstance(
  name: string,
  members: readonly (readonly [Process, Role])[],
  over: Partial<Instance> = {},
): Instance {
  const root = members[0]?.[0] ?? makeProcess(1, 0)
  return {
    id: name as InstanceId,
    serverIds: [`server-${name}` as ServerId],
    root: root.key,
    rootPid: root.pid,
    startedAt: root.startedAt,
    client: null,
    ancestors: [],
    quality: 'exact',
    reasons: [],
    judged: true,
    orphaned: false,
    package: null,
    binary: null,
    members: members.map(([process, role]) => ({ process, role })),
    ...over,
  }
}

export const tableOf = (...processes: readonly Process[]): ProcessTable => ({
  at: 0,
  processes: new Map(processes.map((process) => [process.pid, process])),
})

/** `203.0.113.1:443`, `[2001:db8::1]:443`. */
export function end(text: string): SocketAddress {
  const colon = text.lastIndexOf(':')
  return {
    address: text.slice(0, colon).replace(/[[\]]/g, ''),
    port: Number(text.slice(colon + 1)),
    zone: null,
  }
}

export function row(
  local: string,
  remote: string | null,
  pids: readonly number[] = [],
  over: Partial<SocketRow> = {},
): SocketRow {
  return {
    protocol: 'tcp',
    state: remote === null ? 'listen' : 'established',
    local: end(local),
    remote: remote === null ? null : end(remote),
    inode: 100,
    cookie: null,
    uid: 1000,
    cgroup: null,
    holders: pids.map((pid) => ({ process: keyOf(pid), pid })),
    ...over,
  }
}

export function batchOf(
  at: number,
  rows: readonly SocketRow[],
  over: Partial<Snapshot> & { unreadable?: readonly ProcessKey[] } = {},
): Batch {
  const { unreadable = [], ...snapshot } = over
  return {
    at,
    unreadable,
    snapshots: [
      { kind: 'snapshot', netns: NETNS, at, complete: true, hostWide: true, rows, ...snapshot },
    ],
  }
}

export function inputOf(
  batch: Batch,
  instances: readonly Instance[],
  ...others: readonly Process[]
): ConnectionsInput {
  const members = instances.flatMap((i) => i.members.map(({ process }) => process))
  return {
    batch,
    instances,
    table: tableOf(...others, ...members),
    bootId: 'boot',
    selfAddresses: new Set(['192.168.1.5']),
  }
}
