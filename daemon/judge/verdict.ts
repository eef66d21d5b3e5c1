/** What is thought of one connection. */
import { scopeOf } from '../../shared/address/scope.ts'
import type { Connection } from '../../shared/model/connection.ts'
import type { JudgedConnection } from '../../shared/model/judgement.ts'
import { hostRuleMatches } from '../../shared/policy/match-host.ts'
import type { Case, Opinion } from './case.ts'
import { judgeInstall } from './install.ts'
import { judgeLocal } from './local.ts'
import { mergeNames } from './names.ts'
import { isDeclared, judgeByReach } from './reach.ts'
import { judgeRegistry } from './registry.ts'
import { allows, isThisHost } from './scopes.ts'
import type { JudgeInput } from './state.ts'
import { expectationFor, type Subject } from './subject.ts'

/** Judges a connection anew; what was learned of it earlier (its names, that it was relayed) stays. */
export function judgeConnection(
  connection: Connection,
  subject: Subject,
  before: JudgedConnection | undefined,
  input: JudgeInput,
): JudgedConnection {
  const scope = scopeOf(connection.remote.address, input.host.selfAddresses)
  const expectation = expectationFor(subject, connection)
  const opinion = opinionOf({ connection, subject, expectation, scope, before, input })
  return {
    connection,
    serverId: subject.serverId,
    names: mergeNames(before?.names ?? [], opinion.names ?? []),
    scope,
    trafficClass:
      connection.owner?.role === 'install' && opinion.trafficClass !== 'dns'
        ? 'install'
        : (opinion.trafficClass ?? 'server'),
    verdict: opinion.verdict,
    reason: opinion.reason,
    relayed: opinion.relayed ?? false,
  }
}

function opinionOf(c: Case): Opinion {
  const { connection, subject, input } = c
  if (connection.inherited) return { verdict: 'unknown', reason: 'inherited' }
  if (!subject.instance.judged) return { verdict: 'unknown', reason: 'developer-run' }
  if (connection.owner === null) return { verdict: 'unknown', reason: 'process-unreadable' }
  const opinion = judgeByWay(c)
  // What its readable processes do wrong is wrong all the same: hiding one must not excuse the others.
  if (!input.unreadable.has(connection.instance) || opinion.verdict === 'unexpected') return opinion
  return { ...opinion, verdict: 'unknown', reason: 'process-unreadable' }
}

function judgeByWay(c: Case): Opinion {
  const { connection, scope } = c
  if (connection.direction === 'inbound') return judgeInbound(c)
  if (isNameServer(c)) return { verdict: 'expected', reason: 'nameserver', trafficClass: 'dns' }
  if (isLocalLookup(c)) return { verdict: 'expected', reason: 'local-lookup', trafficClass: 'dns' }
  if (scope === 'metadata') return judgeMetadata(c)
  const plainly = (): Opinion => (isThisHost(scope) ? judgeLocal(c) : judgeByReach(c))
  return judgeRegistry(c, plainly) ?? judgeInstall(c, plainly) ?? plainly()
}

function judgeInbound({ connection, subject, expectation, scope }: Case): Opinion {
  if (isThisHost(scope)) return { verdict: 'expected', reason: 'inbound-local' }
  // Who asks from there gets nothing of what makes that address special.
  if (allows(expectation, scope === 'metadata' ? 'link-local' : scope))
    return {
      verdict: 'expected',
      reason: expectation === 'lan' ? 'local-network' : 'open-expectation',
    }
  const from = { address: connection.remote.address, port: connection.local.port, names: [] }
  const isListed = subject.rules.some((rule) => hostRuleMatches({ ...rule, port: null }, from))
  return isListed
    ? { verdict: 'expected', reason: 'declared' }
    : { verdict: 'unexpected', reason: 'inbound-remote' }
}

/** DNS, also over TLS or QUIC (RFC 1035, 7858, 9250), to a server that resolv.conf names. */
function isNameServer({ connection, input }: Case): boolean {
  const { port, address } = connection.remote
  return (port === 53 || port === 853) && input.host.nameservers.has(address)
}

/** Groups that names are asked of: mDNS (RFC 6762, 3) and LLMNR (RFC 4795, 2). No router passes them on. */
const LOOKUP_GROUPS: ReadonlySet<string> = new Set([
  '224.0.0.251 5353',
  'ff02::fb 5353',
  '224.0.0.252 5355',
  'ff02::1:3 5355',
])

function isLocalLookup({ connection }: Case): boolean {
  const { protocol, remote } = connection
  return protocol === 'udp' && LOOKUP_GROUPS.has(`${remote.address} ${remote.port}`)
}

/** Nobody goes there by accident, and no registry is there: only a rule for that very address allows it. */
function judgeMetadata(c: Case): Opinion {
  return isDeclared(c)
    ? { verdict: 'expected', reason: 'declared' }
    : { verdict: 'unexpected', reason: 'metadata-service' }
}
