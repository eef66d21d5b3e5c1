/** A destination beyond this host: by how far it is, by the hosts that are listed, by their names. */
import type { Name, VerdictReason } from '../../shared/model/judgement.ts'
import type { HostRule } from '../../shared/model/policy.ts'
import { hostRuleMatches } from '../../shared/policy/match-host.ts'
import { maybeSignIn } from './bridge.ts'
import type { Case, Opinion } from './case.ts'
import { hostNames, isHostName } from './names.ts'
import { allows, staysHere } from './scopes.ts'

/** What may be allowed by name says `unknown` until the name is known; only then can it be an accusation. */
export function judgeByReach(c: Case): Opinion {
  const { subject, expectation, scope, input } = c
  const names = hostNames(input.names, c.connection.remote.address)
  const covers = covererOf(c, names)
  const more = {
    names,
    ...(covers(subject.telemetry) ? { trafficClass: 'telemetry' as const } : {}),
  }
  if (allows(expectation, scope))
    return { verdict: 'expected', reason: allowedBy(expectation), ...more }
  if (covers(subject.rules)) return { verdict: 'expected', reason: 'declared', ...more }
  if (covers(subject.allowedTelemetry))
    return { verdict: 'expected', reason: 'known-telemetry', ...more }
  const accusation = beyond(expectation)
  // Found earlier, with the names known: that they are being asked for again does not undo it.
  const isStanding = c.before?.verdict === 'unexpected' && c.before.reason === accusation
  const doubt = isStanding ? null : doubtOf(c)
  return doubt === null
    ? { verdict: 'unexpected', reason: accusation, ...more }
    : { verdict: 'unknown', reason: doubt, ...more }
}

/** Whether a rule names this very destination; a name that the connection had once counts for all its life. */
export function isDeclared(c: Case): boolean {
  const names = hostNames(c.input.names, c.connection.remote.address)
  return covererOf(c, names)(c.subject.rules)
}

function covererOf(c: Case, found: readonly Name[]): (rules: readonly HostRule[]) => boolean {
  const { address, port } = c.connection.remote
  const names = [...found, ...(c.before?.names.filter(isHostName) ?? [])].map(({ name }) => name)
  return (rules) => rules.some((rule) => hostRuleMatches(rule, { address, port, names }))
}

/** Why it cannot be said that none of the listed hosts has this address; null when it can. */
function doubtOf({ connection, subject, scope, input }: Case): VerdictReason | null {
  const { port } = connection.remote
  const { names } = input
  const byName = [...subject.rules, ...subject.allowedTelemetry].filter(
    (rule) => rule.kind !== 'cidr' && (rule.port === null || rule.port === port),
  )
  const hosts = byName.flatMap((rule) => (rule.kind === 'host' ? [rule.host] : []))
  if (byName.length > 0 && !names.isOn) return 'name-lookup-off'
  if (hosts.some((host) => names.freshness(host) === 'pending')) return 'name-not-known'
  if (hosts.some((host) => names.freshness(host) === 'failed')) return 'name-lookup-failed'
  if (byName.length > hosts.length) return 'suffix-not-resolvable'
  if (hosts.some((host) => names.varies(host))) return 'name-varies'
  if (subject.isSetByUser) return 'set-by-user'
  return subject.maySignIn && maybeSignIn(connection, scope) ? 'maybe-sign-in' : null
}

function allowedBy(expectation: Case['expectation']): VerdictReason {
  return expectation === 'lan' ? 'local-network' : 'open-expectation'
}

function beyond(expectation: Case['expectation']): VerdictReason {
  if (staysHere(expectation)) return 'beyond-local'
  return expectation === 'lan' ? 'beyond-lan' : 'not-declared'
}
