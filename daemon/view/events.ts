/** A tick as the JSON lines of `mcp-watch start`. Pure. */
import type { WatchEvent } from '../../shared/contract/answers.ts'
import type { EntryJson, FindingJson } from '../../shared/contract/common.ts'
import { reachedBy } from '../../shared/contract/reached-by.ts'
import type { Instance } from '../../shared/model/attribution.ts'
import type { InstanceId, ServerId } from '../../shared/model/ids.ts'
import type { Finding, JudgedConnection } from '../../shared/model/judgement.ts'
import type { Discovery } from '../../shared/model/server.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { iso } from '../../shared/text/iso.ts'
import type { View } from '../pipeline.ts'
import { destinationPort } from './destination-port.ts'

/** What was told so far. */
export interface Told {
  /** The instances that ran at the last tick, for their ends. */
  readonly running: ReadonlyMap<InstanceId, Instance>
  /** Findings by id, with their severity: a finding is told again only when it got worse. */
  readonly told: ReadonlyMap<string, string>
  /** `configurationKey` of the configuration that was told last. */
  readonly configuration: string
  /** What `configuration` is the key of, once a tick was told. */
  readonly files: Discovery['files'] | null
  readonly servers: Discovery['servers'] | null
  /** What is wrong with configuration files now, as JSON: each is told once while it lasts. */
  readonly diagnostics: ReadonlySet<string>
}

export interface TickEvents extends Told {
  readonly events: readonly WatchEvent[]
}

/** The same for configurations that declare the same servers in the same files. */
export function configurationKey({ files, servers }: Discovery): string {
  return JSON.stringify([files, servers.map(({ id }) => id)])
}

export function eventsOf(before: Told, view: View): TickEvents {
  const time = iso(view.at)
  const { result, records } = view
  const running = new Map(view.instances.map((instance) => [instance.id, instance]))
  const told = result.findings.length === 0 ? null : new Map(before.told)
  const events: WatchEvent[] = []
  for (const { reason, from } of result.coverage.gaps) {
    events.push({ event: 'gap', time, reason: `${reason} since ${iso(from)}` })
  }
  const { files, servers } = view.discovery
  const isSame = files === before.files && servers === before.servers
  const configuration = isSame ? before.configuration : configurationKey(view.discovery)
  if (configuration !== before.configuration) {
    const configurations = [...files]
    events.push({ event: 'configuration', time, configurations, servers: servers.length })
  }
  for (const diagnostic of result.diagnostics ?? []) {
    if (before.diagnostics.has(JSON.stringify(diagnostic))) continue
    events.push({ event: 'diagnostic', time, ...diagnostic })
  }
  for (const instance of running.values()) {
    if (!before.running.has(instance.id))
      events.push(instanceEvent('instance-started', time, instance, records))
  }
  for (const judged of result.opened) {
    events.push(connectionEvent('connection-opened', time, judged, records))
  }
  for (const finding of result.findings) {
    if (told?.get(finding.id) === finding.severity) continue
    told?.set(finding.id, finding.severity)
    events.push({ event: 'finding', time, finding: findingJson(finding, records) })
  }
  for (const judged of result.closed) {
    events.push(connectionEvent('connection-closed', time, judged, records))
  }
  for (const id of result.ended) {
    const instance = before.running.get(id)
    if (instance !== undefined)
      events.push(instanceEvent('instance-ended', time, instance, records))
  }
  const diagnostics = result.diagnostics?.map((each) => JSON.stringify(each))
  return {
    events,
    running,
    told: told ?? before.told,
    configuration,
    files,
    servers,
    diagnostics: diagnostics === undefined ? before.diagnostics : new Set(diagnostics),
  }
}

export function findingJson(
  finding: Finding,
  records: ReadonlyMap<ServerId, ServerRecord>,
): FindingJson {
  const named = nameOf(finding.serverId, records)
  return {
    ...finding,
    ...named,
    oneOf: entriesOf(finding.oneOf ?? [], records),
    firstSeen: iso(finding.firstSeen),
    lastSeen: iso(finding.lastSeen),
  }
}

function nameOf(
  id: ServerId,
  records: ReadonlyMap<ServerId, ServerRecord>,
): { serverId: string; server: string; client: string } {
  const server = records.get(id)?.server
  return { serverId: id, server: server?.name ?? 'unknown', client: server?.client ?? 'unknown' }
}

function instanceEvent(
  event: 'instance-started' | 'instance-ended',
  time: string,
  instance: Instance,
  records: ReadonlyMap<ServerId, ServerRecord>,
): WatchEvent {
  const { rootPid, quality } = instance
  const oneOf = entriesOf(instance.serverIds, records)
  return { event, time, ...nameOf(instance.serverIds[0], records), oneOf, rootPid, quality }
}

/** Empty for one alone: that is certain. */
export function entriesOf(
  ids: readonly ServerId[],
  records: ReadonlyMap<ServerId, ServerRecord>,
): EntryJson[] {
  return ids.length < 2
    ? []
    : ids.map((id) => ({ ...nameOf(id, records), ...reachedBy(records.get(id)?.server.transport) }))
}

function connectionEvent(
  event: 'connection-opened' | 'connection-closed',
  time: string,
  judged: JudgedConnection,
  records: ReadonlyMap<ServerId, ServerRecord>,
): WatchEvent {
  const { connection, scope, trafficClass, verdict, reason } = judged
  const { protocol, remote, direction, owner } = connection
  return {
    event,
    time,
    ...nameOf(judged.serverId, records),
    protocol,
    address: remote.address,
    port: destinationPort(connection),
    direction,
    scope,
    trafficClass,
    verdict,
    reason,
    pid: owner?.pid ?? null,
    role: owner?.role ?? null,
  }
}
