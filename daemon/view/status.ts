/** The state of the moment as `mcp-watch status` and the live table show it. Pure. */
import type { Health, Status } from '../../shared/contract/answers.ts'
import {
  ANSWERED_REASONS,
  type FindingJson,
  type ReachedJson,
  SCHEMA_VERSION,
  type ServerState,
} from '../../shared/contract/common.ts'
import type { Instance } from '../../shared/model/attribution.ts'
import type { JudgedConnection } from '../../shared/model/judgement.ts'
import { UNCONFIGURED } from '../../shared/model/server.ts'
import type { NotObservedReason, ServerRecord } from '../../shared/model/tick.ts'
import { iso } from '../../shared/text/iso.ts'
import { isNameShared, settlingCommand } from '../../shared/text/settling-command.ts'
import type { View } from '../pipeline.ts'
import type { Usage } from '../ports.ts'
import { destinationPort } from './destination-port.ts'
import { entriesOf } from './events.ts'

export interface StatusInput {
  readonly view: View
  readonly health: Health
  /** By pid; a process that is gone is missing. */
  readonly usage: ReadonlyMap<number, Usage>
  /** The newest finding of each server that has one. */
  readonly lastFindings: ReadonlyMap<string, FindingJson>
  /** What was counted of connections to remote servers. */
  readonly reached: ReadonlyMap<string, ReachedJson>
  /** Servers that were seen running in an earlier time. */
  readonly seen: ReadonlySet<string>
}

type StatusServer = Status['servers'][number]

export function statusOf(input: StatusInput): Status {
  const { view } = input
  const { name, intervalMs, expectedRecall, degraded } = view.result.coverage.engine
  const { schemaVersion: _, ...daemon } = input.health
  return {
    schemaVersion: SCHEMA_VERSION,
    daemon,
    engine: { name, intervalMs, expectedRecall, degraded: [...degraded] },
    configurations: [...view.discovery.files],
    diagnostics: [...view.discovery.diagnostics],
    servers: [...view.records.values()].map((record) => serverOf(record, input)).sort(byClientName),
  }
}

function serverOf(record: ServerRecord, input: StatusInput): StatusServer {
  const { id, name, client } = record.server
  const instances = input.view.instances.filter(({ serverIds }) => serverIds.includes(id))
  const running = new Set(instances.map((instance) => instance.id))
  const open = input.view.open.filter(({ connection }) => running.has(connection.instance))
  return {
    id,
    name,
    client,
    state: stateOf(record, instances, input),
    expectation: record.expectation,
    instances: instances.map((instance) => instanceOf(instance, input)),
    openConnections: open.length,
    unexpected: countDestinations(open, 'unexpected'),
    unknown: countDestinations(open, 'unknown'),
    settle: settleOf(record, open, input),
    lastFinding: input.lastFindings.get(id) ?? null,
    reached: input.reached.get(id) ?? null,
  }
}

/** About an unexpected destination before an unknown one, and the one that is open longest. */
function settleOf(
  record: ServerRecord,
  open: readonly JudgedConnection[],
  { view }: StatusInput,
): string | null {
  const worst =
    open.find(({ verdict }) => verdict === 'unexpected') ??
    open.find(({ verdict }) => verdict === 'unknown')
  if (worst === undefined) return null
  const { id, name, client } = record.server
  const servers = [...view.records.values()].map(({ server }) => server)
  const { connection } = worst
  return settlingCommand(
    { ...worst, address: connection.remote.address, port: destinationPort(connection) },
    {
      id,
      name,
      client,
      expectation: record.expectation,
      isNameShared: isNameShared(record.server, servers),
    },
  )
}

function stateOf(
  { server }: ServerRecord,
  instances: readonly Instance[],
  { view, seen }: StatusInput,
): ServerState {
  if (server.scope === UNCONFIGURED) return 'unconfigured'
  if (!view.discovery.servers.some(({ id }) => id === server.id)) return 'removed'
  if (instances.length > 0)
    return instances.every(({ orphaned }) => orphaned) ? 'orphaned' : 'running'
  if (isNotObserved(view, server.id, 'in-client')) return 'in-client'
  if (server.transport !== 'stdio' && isNotObserved(view, server.id, 'remote-transport'))
    return 'remote'
  if (
    server.transport !== 'stdio' &&
    ANSWERED_REASONS.some((why) => isNotObserved(view, server.id, why))
  )
    return 'answered'
  return seen.has(server.id) ? 'ended' : 'never-seen'
}

function isNotObserved({ result }: View, id: string, why: NotObservedReason): boolean {
  return result.coverage.notObserved.some(
    ({ serverId, reason }) => serverId === id && reason === why,
  )
}

function instanceOf(
  instance: Instance,
  { view, usage }: StatusInput,
): StatusServer['instances'][number] {
  const known = instance.members.flatMap(({ process }) => usage.get(process.pid) ?? [])
  return {
    rootPid: instance.rootPid,
    client: instance.client?.id ?? null,
    clientPid: instance.client?.pid ?? null,
    startedAt: iso(instance.startedAt),
    endedAt: null,
    quality: instance.quality,
    reasons: [...instance.reasons],
    oneOf: entriesOf(instance.serverIds, view.records),
    processes: instance.members.length,
    usage: known.length === 0 ? null : sum(known),
  }
}

function sum(usages: readonly Usage[]): { cpuPercent: number; memoryBytes: number } {
  const total = { cpuPercent: 0, memoryBytes: 0 }
  for (const { cpuPercent, memoryBytes } of usages) {
    total.cpuPercent += cpuPercent
    total.memoryBytes += Math.round(memoryBytes)
  }
  return total
}

function countDestinations(
  open: readonly JudgedConnection[],
  verdict: JudgedConnection['verdict'],
): number {
  const destinations = new Set<string>()
  for (const { connection, verdict: found } of open) {
    const { protocol, remote } = connection
    if (found === verdict) destinations.add(`${protocol} ${remote.address} ${remote.port}`)
  }
  return destinations.size
}

function byClientName(a: StatusServer, b: StatusServer): number {
  return a.client.localeCompare(b.client) || a.name.localeCompare(b.name)
}

/** The pids whose use of processor and memory a status needs. */
export function usagePids(view: View): readonly number[] {
  return view.instances.flatMap(({ members }) => members.map(({ process }) => process.pid))
}
