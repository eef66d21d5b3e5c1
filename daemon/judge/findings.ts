/** Folds what is unexpected into findings: one a server and destination, counted, never told twice. */
import type { Connection } from '../../shared/model/connection.ts'
import { type FindingId, findingId, type ServerId } from '../../shared/model/ids.ts'
import type {
  Expectation,
  Finding,
  FindingDestination,
  JudgedConnection,
  Severity,
} from '../../shared/model/judgement.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { type EgressKind, explainEgress, explainMore } from './explain.ts'
import type { Novelty } from './history.ts'
import { orphanFinding } from './orphan.ts'
import { isAttempt, severityOf, staysHere, worse } from './scopes.ts'
import { type Exposure, exposedFinding, hiddenFinding, rawFinding, type Sight } from './sights.ts'
import type { RawSighting } from './state.ts'
import { ownerOf, type Subject } from './subject.ts'
import { unconfiguredFinding } from './unconfigured.ts'

type Findings = ReadonlyMap<FindingId, Finding>
type Records = ReadonlyMap<ServerId, ServerRecord>
/** A server that goes to more destinations gets one finding for all further ones: a scan must not fill the disk. */
export const MAX_FINDINGS_PER_SERVER = 200

export interface FindingFold {
  /** `isNew`: this connection was not counted yet. Otherwise only a worse severity or its end change the finding. */
  egress(judged: JudgedConnection, subject: Subject, expectation: Expectation, isNew: boolean): void
  /** The connection is over and its instance gone with it: what was told stays, but for how bad it is and when it was. */
  over(judged: JudgedConnection): void
  /** One running copy of the server has a process that cannot be looked into. */
  hidden(subject: Subject, at: number): void
  /** A listener that other machines can reach; `reach` are this machine's addresses where it can be. */
  exposed(seen: Exposure, isNew: boolean): void
  /** A process of the server made a raw or packet socket. */
  raw(seen: RawSighting, subject: Subject): void
  /** The server went where it never did before. */
  novel(novelty: Novelty): void
  /** A server that no configuration declares ran on for a while. */
  unconfigured(subject: Subject, at: number): void
  /** A server without its client made a connection. */
  orphaned(judged: JudgedConnection, subject: Subject): void
  all(): Findings
  changed(): readonly Finding[]
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
  const isFull = ({ serverId }: Subject): boolean =>
    (counts().get(serverId) ?? 0) >= MAX_FINDINGS_PER_SERVER
  const putOrFold = (sight: Sight, subject: Subject, isNew: boolean): void => {
    const isFurther = find(sight.id) === undefined && isFull(subject)
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
        const severity = weigh(kind, severityOf(connection, scope))
        const attempted = isAttempt(connection)
        const { lastSeen } = connection
        put({ ...before, explain, severity, attempted, lastSeen }, false)
      }
    },
    exposed: (seen, isNew) => putOrFold(exposedFinding(seen, records), seen.subject, isNew),
    raw: (seen, subject) => {
      const sight = rawFinding(seen, subject, records)
      // Of a server with very many programs that do: all further ones as one.
      const isFurther = find(sight.id) === undefined && isFull(subject)
      put(
        isFurther ? { ...sight, id: findingId('raw-socket', sight.serverId, seen.family) } : sight,
        true,
      )
    },
    novel: ({ judged, subject, key }) => {
      const sight = egressFinding('new-destination', judged, subject, records)
      const id = findingId('new-destination', subject.serverId, key)
      putOrFold({ ...sight, id, severity: 'low' }, subject, true)
    },
    unconfigured: (subject, at) => put(unconfiguredFinding(subject, at), true),
    orphaned: (judged, subject) => put(orphanFinding(judged, subject, records), true),
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

/** Severity never falls, and what was told first stays as it was told until worse is known. */
function seenAgain(before: Finding, sight: Sight, isNew: boolean): Finding {
  const severity = worse(before.severity, sight.severity)
  const attempted = before.attempted && sight.attempted
  const lastSeen = Math.max(before.lastSeen, sight.lastSeen)
  const isWorse = severity !== before.severity || attempted !== before.attempted
  const { oneOf, ...certain } = before
  const isCertainNow = oneOf !== undefined && sight.oneOf === undefined
  if (!isNew && !isWorse && !isCertainNow && lastSeen === before.lastSeen) return before
  const told = isWorse ? { process: sight.process, explanation: sight.explain() } : {}
  return {
    ...(isCertainNow ? certain : before),
    ...told,
    severity,
    attempted,
    lastSeen,
    count: before.count + (isNew ? 1 : 0),
  }
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
    attempted: isAttempt(connection),
    ...ownerOf(subject),
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
