/** What is worth telling beside connections: listeners, hidden processes, raw sockets. */
import { findingId, type ServerId } from '../../shared/model/ids.ts'
import type { Finding, Scope } from '../../shared/model/judgement.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { explainExposed, explainHidden, explainRaw } from './explain.ts'
import type { Listening, RawSighting } from './state.ts'
import { ownerOf, type Subject } from './subject.ts'

type Records = ReadonlyMap<ServerId, ServerRecord>

/** Sights are of every tick, and a finding's paragraph is written when it is told first: so it waits until then. */
export type Sight = Omit<Finding, 'explanation'> & { readonly explain: () => string }

export interface Exposure {
  readonly listening: Listening
  readonly subject: Subject
  readonly scope: Scope
  readonly reach: readonly string[]
  readonly at: number
}

/** One a server and port, whichever of its addresses it listens on. */
export function exposedFinding(seen: Exposure, records: Records): Sight {
  const { listening, subject, scope, reach, at } = seen
  const { local, owner } = listening
  return {
    id: findingId('exposed-listener', subject.serverId, `tcp ${local.port}`),
    kind: 'exposed-listener',
    severity: 'medium',
    attempted: false,
    ...ownerOf(subject),
    destination: { protocol: 'tcp', address: local.address, port: local.port, scope },
    process: { pid: owner.pid, role: owner.role, executable: owner.executable },
    firstSeen: at,
    lastSeen: at,
    count: 1,
    explain: () => explainExposed(listening, subject, records, reach),
  }
}

export function hiddenFinding(subject: Subject, records: Records, at: number): Sight {
  const { serverId, instance } = subject
  const member = instance.members.find(({ process }) => !process.readable)
  return {
    id: findingId('unreadable-server', serverId, 'unreadable-server'),
    kind: 'unreadable-server',
    severity: 'medium',
    attempted: false,
    ...ownerOf(subject),
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

/** One a server, kind of socket and program. */
export function rawFinding(seen: RawSighting, subject: Subject, records: Records): Sight {
  const { owner, family, at } = seen
  return {
    id: findingId('raw-socket', subject.serverId, `${family} ${owner.executable ?? ''}`),
    kind: 'raw-socket',
    severity: 'medium',
    attempted: false,
    ...ownerOf(subject),
    destination: null,
    process: { pid: owner.pid, role: owner.role, executable: owner.executable },
    firstSeen: at,
    lastSeen: at,
    count: 1,
    explain: () => explainRaw(seen, subject, records),
  }
}
