/** What listens where the entries of a case lead to, as the daemon finds it out. Pure. */
import type { ListeningAt } from '../../daemon/match/claims.ts'
import type { ListenerOwner } from '../../daemon/ports.ts'
import { assumedListener } from '../../daemon/tick/assumed-listener.ts'
import { answerFor } from '../../daemon/tick/listening-answer.ts'
import { listenersAt, placesOf } from '../../daemon/tick/listening-places.ts'
import { recogniseClient } from '../../shared/clients/recognise.ts'
import type { Container } from '../../shared/model/container.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { SocketRow } from '../../shared/model/observation.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import type { Server } from '../../shared/model/server.ts'
import type { CorpusCase } from './case.ts'

/** Besides loopback a case has no addresses of its own. */
const SELF: ReadonlySet<string> = new Set()

interface Owned {
  readonly row: SocketRow
  readonly owner: ListenerOwner
}

export function listeningAt(
  { listeners }: CorpusCase,
  servers: readonly Server[],
  table: ProcessTable,
  containers: readonly Container[],
): ReadonlyMap<ServerId, ListeningAt> {
  const owned = listeners.flatMap((each) => ownedBy(each, table))
  const rows = owned.map(({ row }) => row)
  const found = new Map<ServerId, ListeningAt>()
  for (const place of placesOf(servers, SELF)) {
    const there = listenersAt(place, rows)
    const owners = owned.flatMap(({ row, owner }) => (there.includes(row) ? [owner] : []))
    const answer = answerFor({ place, owners, table, containers, isClient })
    if (answer.kind !== 'process' && answer.kind !== 'container') continue
    for (const id of place.serverIds) found.set(id, answer)
  }
  return found
}

/** None while its process is not there. */
function ownedBy(
  { address, port, pid }: CorpusCase['listeners'][number],
  { processes }: ProcessTable,
): readonly Owned[] {
  const row = assumedListener('tcp', { address, port, zone: null })
  if (pid === null) return [{ row, owner: { kind: 'unreadable' } }]
  const process = processes.get(pid)
  return process === undefined ? [] : [{ row, owner: { kind: 'process', process } }]
}

function isClient(process: Process): boolean {
  return recogniseClient({ ...process, argv: [], comm: '' }) !== null
}
