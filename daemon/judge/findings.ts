/** Folds what is unexpected into findings: one a server and destination, counted, never told twice. */
import type { Connection } from '../../shared/model/connection.ts'
import { type FindingId, findingId, type ServerId } from '../../shared/model/ids.ts'
import type {
  Expectation,
  Finding,
  FindingDestination,
  JudgedConnection,
  Scope,
  Severity,
} from '../../shared/model/judgement.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import {
  type EgressKind,
  explainEgress,
  explainExposed,
  explainHidden,
  explainMore,
} from './explain.ts'
import type { Novelty } from './history.ts'
import { severityOf, staysHere, worse } from './scopes.ts'
import type { Listening } from './state.ts'
import type { Subject } from './subject.ts'

type Findings = ReadonlyMap<FindingId, Finding>
type Records = ReadonlyMap<ServerId, ServerRecord>
/** Sights are of every tick, and a finding's paragraph is written when it is told first: so it waits until then. */
type Sight = Omit<Finding, 'explanation'> & { readonly explain: () => string }

/** A server that goes to more destinations gets one finding for all further ones: a scan must not fill the disk. */
export const MAX_FINDINGS_PER_SERVER = 200

export interface FindingFold {
  /** `isNew`: this connection was not counted yet. Otherwise only a worse severity or its end change the finding. */
  egress(judged: JudgedConnection, subject: Subject, expectation: Expectation, isNew: boolean): void
  /** The connection is over and its instance gone with it: only the last sighting of what was told changes. */
  over(judged: JudgedConnection): void
  /** One running copy of the server has a process that cannot be looked into. */
  hidden(subject: Subject, at: number): void
  /** A listener that other machines can reach; `reach` are this machine's addresses where it can be. */
  exposed(seen: Exposure, isNew: boolean): void
  /** The server went where it never did before. */
  novel(novelty: Novelty): void
  all(): Findings
  changed(): readonly Finding[]
}

export interface Exposure {
  readonly listening: Listening
  readonly subject: Subject
  readonly scope: Scope
  readonly reach: readonly string[]
  readonly at: number
}

export function foldFindings(known: Findings, records: Records): FindingFold {
  // Beside what is known and not in a copy of it: most ticks find nothing new, and there may be thousands.
  const changed = new Map<FindingId, Finding>()
  const find = (id: FindingId): Finding | undefined => changed.get(id) ?? known.get(id)
  let perServer: Map<ServerId, number> | null = null
  const counts = (): Map<ServerId, number> => {
    perServer ??= countByServer(known)
    return perServer
  }

  const put = (sight: Sight, isNew: boolean): void => {
    const before = find(sight.id)
    const next = before === undefined ? findingOf(sight) : seenAgain(before, sight, isNew)
    if (next === before) return
    if (before === undefined) counts().set(next.serverId, (counts().get(next.serverId) ?? 0) + 1)
    changed.set(next.id, next)
  }
  const putOrFold = (sight: Sight, subject: Subject, isNew: boolean): void => {
    const isFull = (): boolean => (counts().get(subject.serverId) ?? 0) >= MAX_FINDINGS_PER_SERVER
    const isFurther = find(sight.id) === undefined && isFull()
    put(isFurther ? asFurther(sight, subject, records) : sight, isNew)
  }
  return {
    egress: (judged, subject, expectation, isNew) => {
      putOrFold(
        egressFinding(kindOf(judged, expectation), judged, subject, records),
        subject,
        isNew,
      )
    },
    over: ({ serverId, connection, scope }) => {
      for (const kind of EGRESS_KINDS) {
        const before = find(egressId(kind, serverId, destinationOf(connection, scope)))
        if (before === undefined) continue
        const explain = (): string => before.explanation
        put({ ...before, explain, lastSeen: connection.lastSeen }, false)
      }
    },
    exposed: (seen, isNew) => putOrFold(exposedFinding(seen, records), seen.subject, isNew),
    novel: ({ judged, subject, key }) => {
      const sight = egressFinding('new-destination', judged, subject, records)
      const id = findingId('new-destination', subject.serverId, key)
      putOrFold({ ...sight, id, severity: 'low' }, subject, true)
    },
    hidden: (subject, at) => put(hiddenFinding(subject, records, at), true),
    all: () => (changed.size === 0 ? known : new Map([...known, ...changed])),
    changed: () => [...changed.values()],
  }
}

function countByServer(findings: Findings): Map<ServerId, number> {
  const counts = new Map<ServerId, number>()
  for (const { serverId } of findings.values())
    counts.set(serverId, (counts.get(serverId) ?? 0) + 1)
  return counts
}

function findingOf({ explain, ...sight }: Sight): Finding {
  return { ...sight, explanation: explain() }
}

/** Severity never falls, and what was told first stays as it was told. */
function seenAgain(before: Finding, sight: Sight, isNew: boolean): Finding {
  const severity = worse(before.severity, sight.severity)
  const lastSeen = Math.max(before.lastSeen, sight.lastSeen)
  if (!isNew && severity === before.severity && lastSeen === before.lastSeen) return before
  return { ...before, severity, lastSeen, count: before.count + (isNew ? 1 : 0) }
}

const EGRESS_KINDS: readonly EgressKind[] = [
  'local-only-egress',
  'undeclared-destination',
  'metadata-service',
  'install-time-egress',
]

/** What kind of finding an unexpected connection is. */
function kindOf({ reason, connection }: JudgedConnection, expectation: Expectation): EgressKind {
  if (reason === 'metadata-service') return 'metadata-service'
  if (connection.owner?.role === 'install') return 'install-time-egress'
  return staysHere(expectation) ? 'local-only-egress' : 'undeclared-destination'
}

function egressFinding(
  kind: EgressKind,
  judged: JudgedConnection,
  subject: Subject,
  records: Records,
): Sight {
  const { connection, scope } = judged
  const destination = destinationOf(connection, scope)
  return {
    id: egressId(kind, subject.serverId, destination),
    kind,
    severity: weigh(kind, severityOf(connection, scope)),
    serverId: subject.serverId,
    destination,
    process: processOf(connection),
    firstSeen: connection.firstSeen,
    lastSeen: connection.lastSeen,
    count: 1,
    explain: () => explainEgress(kind, judged, subject, records),
  }
}

/** Many packages fetch a binary while they are installed: worth a look, not an alarm. */
function weigh(kind: EgressKind, severity: Severity): Severity {
  if (kind !== 'install-time-egress') return severity
  return severity === 'high' ? 'medium' : 'low'
}

function egressId(
  kind: EgressKind,
  server: ServerId,
  { protocol, address, port }: FindingDestination,
): FindingId {
  return findingId(kind, server, `${protocol} ${address} ${port}`)
}

/** One a server and port, whichever of its addresses it listens on. */
function exposedFinding(seen: Exposure, records: Records): Sight {
  const { listening, subject, scope, reach, at } = seen
  const { local, owner } = listening
  return {
    id: findingId('exposed-listener', subject.serverId, `tcp ${local.port}`),
    kind: 'exposed-listener',
    severity: 'medium',
    serverId: subject.serverId,
    destination: { protocol: 'tcp', address: local.address, port: local.port, scope },
    process: { pid: owner.pid, role: owner.role, executable: owner.executable },
    firstSeen: at,
    lastSeen: at,
    count: 1,
    explain: () => explainExposed(listening, subject, records, reach),
  }
}

function asFurther(sight: Sight, subject: Subject, records: Records): Sight {
  return {
    ...sight,
    id: findingId(sight.kind, sight.serverId, 'further destinations'),
    destination: null,
    explain: () => explainMore(subject, records, MAX_FINDINGS_PER_SERVER),
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

function hiddenFinding(subject: Subject, records: Records, at: number): Sight {
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
    explain: () => explainHidden(subject, records),
  }
}
