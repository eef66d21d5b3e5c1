/** Folds what is unexpected into findings: one a server and destination, counted, never told twice. */
import type { Connection } from '../../shared/model/connection.ts'
import { type FindingId, findingId, type ServerId } from '../../shared/model/ids.ts'
import type { Finding, FindingDestination, JudgedConnection } from '../../shared/model/judgement.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { explainEgress, explainHidden, explainMore } from './explain.ts'
import { severityOf, worse } from './scopes.ts'
import type { Subject } from './subject.ts'

type Findings = ReadonlyMap<FindingId, Finding>
type Records = ReadonlyMap<ServerId, ServerRecord>

/** A server that goes to more destinations gets one finding for all further ones: a scan must not fill the disk. */
export const MAX_FINDINGS_PER_SERVER = 200

export interface FindingFold {
  /** `isNew`: this connection was not counted yet. Otherwise only a worse severity or its end change the finding. */
  egress(judged: JudgedConnection, subject: Subject, isNew: boolean): void
  /** The connection is over and its instance gone with it: only the last sighting of what was told changes. */
  over(judged: JudgedConnection): void
  /** One running copy of the server has a process that cannot be looked into. */
  hidden(subject: Subject, at: number): void
  readonly all: Findings
  changed(): readonly Finding[]
}

export function foldFindings(known: Findings, records: Records): FindingFold {
  const all = new Map(known)
  const changed = new Set<FindingId>()
  const perServer = new Map<ServerId, number>()
  for (const { serverId } of known.values())
    perServer.set(serverId, (perServer.get(serverId) ?? 0) + 1)

  const put = (sight: Finding, isNew: boolean): void => {
    const before = all.get(sight.id)
    const next = before === undefined ? sight : seenAgain(before, sight, isNew)
    if (next === before) return
    if (before === undefined) perServer.set(next.serverId, (perServer.get(next.serverId) ?? 0) + 1)
    all.set(next.id, next)
    changed.add(next.id)
  }
  return {
    egress: (judged, subject, isNew) => {
      const sight = egressFinding(judged, subject, records)
      const isFull = (perServer.get(subject.serverId) ?? 0) >= MAX_FINDINGS_PER_SERVER
      put(isFull && !all.has(sight.id) ? asFurther(sight, subject, records) : sight, isNew)
    },
    over: ({ serverId, connection, scope }) => {
      const before = all.get(egressId(serverId, destinationOf(connection, scope)))
      if (before !== undefined) put({ ...before, lastSeen: connection.lastSeen }, false)
    },
    hidden: (subject, at) => put(hiddenFinding(subject, records, at), true),
    all,
    changed: () => [...changed].flatMap((id) => all.get(id) ?? []),
  }
}

/** Severity never falls, and what was told first stays as it was told. */
function seenAgain(before: Finding, sight: Finding, isNew: boolean): Finding {
  const severity = worse(before.severity, sight.severity)
  const lastSeen = Math.max(before.lastSeen, sight.lastSeen)
  if (!isNew && severity === before.severity && lastSeen === before.lastSeen) return before
  return { ...before, severity, lastSeen, count: before.count + (isNew ? 1 : 0) }
}

function egressFinding(judged: JudgedConnection, subject: Subject, records: Records): Finding {
  const { connection, scope } = judged
  const destination = destinationOf(connection, scope)
  return {
    id: egressId(subject.serverId, destination),
    kind: 'local-only-egress',
    severity: severityOf(connection, scope),
    serverId: subject.serverId,
    destination,
    process: processOf(connection),
    firstSeen: connection.firstSeen,
    lastSeen: connection.lastSeen,
    count: 1,
    explanation: explainEgress(judged, subject, records),
  }
}

function egressId(server: ServerId, { protocol, address, port }: FindingDestination): FindingId {
  return findingId('local-only-egress', server, `${protocol} ${address} ${port}`)
}

function asFurther(sight: Finding, subject: Subject, records: Records): Finding {
  return {
    ...sight,
    id: findingId(sight.kind, sight.serverId, 'further destinations'),
    destination: null,
    explanation: explainMore(subject, records, MAX_FINDINGS_PER_SERVER),
  }
}

function destinationOf(
  connection: Connection,
  scope: FindingDestination['scope'],
): FindingDestination {
  const { protocol, remote, local, direction } = connection
  const port = direction === 'inbound' ? local.port : remote.port
  return { protocol, address: remote.address, port, scope }
}

function processOf({ owner }: Connection): Finding['process'] {
  return owner === null ? null : { pid: owner.pid, role: owner.role, executable: owner.executable }
}

function hiddenFinding(subject: Subject, records: Records, at: number): Finding {
  const { serverId, instance } = subject
  const member = instance.members.find(({ process }) => !process.readable)
  return {
    id: findingId('unreadable-server', serverId, 'unreadable-server'),
    kind: 'unreadable-server',
    severity: 'medium',
    serverId,
    destination: null,
    process:
      member === undefined
        ? null
        : { pid: member.process.pid, role: member.role, executable: member.process.executable },
    firstSeen: at,
    lastSeen: at,
    count: 1,
    explanation: explainHidden(subject, records),
  }
}
