/** The server a connection speaks for, and what that server is held to. */
import { findKnownServer } from '../../shared/catalogue/find-known-server.ts'
import type { Instance } from '../../shared/model/attribution.ts'
import type { Connection } from '../../shared/model/connection.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { Expectation } from '../../shared/model/judgement.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { width } from './scopes.ts'

export interface Subject {
  readonly serverId: ServerId
  /** Null for a server that no configuration declares any more: then nothing is expected of it. */
  readonly record: ServerRecord | null
  readonly expectation: Expectation
  readonly instance: Instance
}

/**
 * Of servers that cannot be told apart the one that may do most is taken: an accusation must hold for all of them.
 */
export function subjectOf(
  instance: Instance,
  records: ReadonlyMap<ServerId, ServerRecord>,
): Subject {
  const [first, ...others] = instance.serverIds
  const expected = (id: ServerId): Expectation => records.get(id)?.expectation ?? 'open'
  const serverId = others.reduce(
    (widest, id) => (width(expected(id)) > width(expected(widest)) ? id : widest),
    first,
  )
  return {
    serverId,
    record: records.get(serverId) ?? null,
    expectation: expected(serverId),
    instance,
  }
}

/** Some servers run programs the user asks for; those may go anywhere. */
export function expectationFor(subject: Subject, connection: Connection): Expectation {
  if (connection.owner?.role !== 'child') return subject.expectation
  const { instance, record } = subject
  const known =
    findKnownServer(instance.package, instance.binary) ??
    findKnownServer(record?.package ?? null, null)
  return known?.children === 'open' ? 'open' : subject.expectation
}
