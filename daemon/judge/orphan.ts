/** A server that outlived its client and goes on connecting out. */
import type { Instance } from '../../shared/model/attribution.ts'
import { findingId, type InstanceId, type ServerId } from '../../shared/model/ids.ts'
import type { JudgedConnection, Scope, Severity } from '../../shared/model/judgement.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { clean, happened } from './happened.ts'
import type { Orphans } from './running-on.ts'
import { isAttempt } from './scopes.ts'
import type { Sight } from './sights.ts'
import { ownerOf, type Subject } from './subject.ts'

interface Told {
  orphaned(judged: JudgedConnection, subject: Subject): void
}

const NONE: Orphans = new Set()

/**
 * Tells the fold of what `opened` holds of those that had no client at the tick before already: what was opened between
 * two looks may be older than the client's end.
 */
export function countOrphans(
  fold: Told,
  before: Orphans,
  instances: ReadonlyMap<InstanceId, Instance>,
  opened: readonly JudgedConnection[],
  subjects: (instance: InstanceId) => Subject | null,
): Orphans {
  for (const judged of before.size === 0 ? [] : opened) {
    const { instance } = judged.connection
    const subject = before.has(instance) ? subjects(instance) : null
    if (subject !== null && isTelling(subject.instance) && leaves(judged))
      fold.orphaned(judged, subject)
  }
  let now: Set<InstanceId> | null = null
  for (const [id, { orphaned }] of instances) {
    if (!orphaned) continue
    now ??= new Set()
    now.add(id)
  }
  return now ?? NONE
}

/** One that is reached over a port is a service by design, and nobody's child. */
function isTelling({ orphaned, judged, quality }: Instance): boolean {
  return orphaned && judged && quality !== 'listener'
}

function leaves({ connection, scope, trafficClass }: JudgedConnection): boolean {
  return (
    connection.direction === 'outbound' &&
    connection.owner !== null &&
    !connection.inherited &&
    trafficClass !== 'dns' &&
    distanceOf(scope) !== 'here'
  )
}

/** Neighbours find each other by link-local and multicast addresses all day (RFC 4861, RFC 6762). */
function distanceOf(scope: Scope): 'here' | 'near' | 'far' {
  switch (scope) {
    case 'public':
    case 'metadata':
      return 'far'
    case 'private':
    case 'cgnat':
    case 'unique-local':
      return 'near'
    case 'loopback':
    case 'self':
    case 'unspecified':
    case 'link-local':
    case 'multicast':
      return 'here'
  }
}

/** One a server, with the first destination, whatever it may talk to: it is nobody's server any more. */
export function orphanFinding(
  judged: JudgedConnection,
  subject: Subject,
  records: ReadonlyMap<ServerId, ServerRecord>,
): Sight {
  const { connection, scope } = judged
  const { protocol, remote, owner } = connection
  const attempted = isAttempt(connection)
  const severity: Severity = distanceOf(scope) === 'far' && !attempted ? 'medium' : 'low'
  return {
    id: findingId('orphan-egress', subject.serverId, 'orphan-egress'),
    kind: 'orphan-egress',
    severity,
    attempted,
    ...ownerOf(subject),
    destination: { protocol, address: remote.address, port: remote.port, scope },
    process:
      owner === null ? null : { pid: owner.pid, role: owner.role, executable: owner.executable },
    firstSeen: connection.firstSeen,
    lastSeen: connection.firstSeen,
    count: 1,
    explain: () => explainOrphan(judged, subject, records),
  }
}

function explainOrphan(
  judged: JudgedConnection,
  { instance }: Subject,
  records: ReadonlyMap<ServerId, ServerRecord>,
): string {
  const names = instance.serverIds.map((id) => {
    const record = records.get(id)
    return record === undefined
      ? id
      : `"${clean(record.server.name)}" of ${clean(record.server.client)}`
  })
  const who =
    names.length > 1
      ? `One of the servers ${names.join(', ')} (they cannot be told apart)`
      : `The server ${names.join('')}`
  const pids = instance.members.map(({ process }) => process.pid)
  return [
    `${who} runs without its client and still connects out: ${happened(judged)}.`,
    'Nobody asks it anything any more, so that what it does it does by itself, with the keys it was given; a server that is taken over outlives its client to go on.',
    `End it: kill ${pids.slice(0, 8).join(' ')}. If it comes back, find out what starts it.`,
  ].join(' ')
}
