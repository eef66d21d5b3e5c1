/** The server a connection speaks for, and what that server is held to. */
import type { Instance } from '../../shared/model/attribution.ts'
import type { Connection } from '../../shared/model/connection.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { Expectation, Finding } from '../../shared/model/judgement.ts'
import type { HostRule } from '../../shared/model/policy.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { width } from './scopes.ts'

/** Of servers that cannot be told apart each field says what any of them may do: an accusation must hold for all. */
export interface Subject {
  readonly serverId: ServerId
  /** Null for a server that no configuration declares any more: then nothing is expected of it. */
  readonly record: ServerRecord | null
  readonly expectation: Expectation
  /** Hosts that it may use besides. */
  readonly rules: readonly HostRule[]
  readonly telemetry: readonly HostRule[]
  /** Those of `telemetry` that nobody forbade. */
  readonly allowedTelemetry: readonly HostRule[]
  readonly areChildrenFree: boolean
  readonly isSetByUser: boolean
  /** A bridge, which may have to sign in at a service that no configuration names. */
  readonly maySignIn: boolean
  readonly instance: Instance
}

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
  const all = instance.serverIds.flatMap((id) => records.get(id) ?? [])
  return {
    serverId,
    record: records.get(serverId) ?? null,
    expectation: expected(serverId),
    rules: all.flatMap(({ rules }) => rules),
    telemetry: all.flatMap(({ telemetry }) => telemetry),
    allowedTelemetry: all
      .filter(({ expectationSource }) => expectationSource !== 'policy')
      .flatMap(({ telemetry }) => telemetry),
    areChildrenFree: all.some(({ children }) => children === 'open'),
    isSetByUser: all.some(({ setByUser }) => setByUser),
    maySignIn: all.some(
      ({ expectation, expectationSource }) =>
        expectationSource === 'configuration' && expectation === 'rules',
    ),
    instance,
  }
}

/** Whose a finding is. */
export function ownerOf({ serverId, instance }: Subject): Pick<Finding, 'serverId' | 'oneOf'> {
  const { serverIds } = instance
  return serverIds.length > 1 ? { serverId, oneOf: serverIds } : { serverId }
}

/** Some servers run programs the user asks for; those may go anywhere. */
export function expectationFor(subject: Subject, connection: Connection): Expectation {
  const isFree = connection.owner?.role === 'child' && subject.areChildrenFree
  return isFree ? 'open' : subject.expectation
}
