/** A destination on this machine: harmless, unless what listens there passes on what it is told. */
import { isFailed } from '../../shared/model/outcome.ts'
import { stripControl } from '../../shared/text/control.ts'
import { truncate } from '../../shared/text/truncate.ts'
import type { Case, Opinion } from './case.ts'
import type { Peer } from './peer.ts'
import { isDeclared } from './reach.ts'
import { allows } from './scopes.ts'

const MAX_NAME = 80

/** For a connection to loopback or an own address. */
export function judgeLocal(c: Case): Opinion {
  const { connection, expectation, scope, before, input } = c
  const fine: Opinion = {
    verdict: 'expected',
    reason: scope === 'loopback' ? 'loopback' : 'this-host',
  }
  if (!allows(expectation, scope)) return { verdict: 'unexpected', reason: 'beyond-local' }
  const peer = input.peerOf(connection)
  const names = namesOf(peer, input.at)
  // The user knows what listens there, and said so.
  if (isDeclared(c))
    return { verdict: 'expected', reason: 'declared', relayed: isRelay(peer, c), names }
  // What passed traffic on once is not trusted again for being idle.
  if (before?.relayed === true || isRelay(peer, c))
    return { verdict: 'unknown', reason: 'relayed', relayed: true, names }
  if (peer.kind === 'process') return { ...fine, names }
  if (isAnswered(c)) return fine
  if (isUnanswered(peer, c)) return fine
  // Somebody answered, and nobody can be seen listening: a listener may be closed right after accept(2).
  return { verdict: 'unknown', reason: 'peer-not-observable' }
}

/** Found expected earlier, with the listener known: that it cannot be looked up now changes nothing. */
function isAnswered({ before }: Case): boolean {
  return before?.verdict === 'expected' && before.names.some(({ source }) => source === 'listener')
}

/** Nobody took what it had to say, and so nobody passed it on. */
function isUnanswered(peer: Peer, { connection }: Pick<Case, 'connection'>): boolean {
  return (
    isFailed(connection.outcome) || (peer.kind === 'none' && connection.outcome !== 'established')
  )
}

function isRelay(peer: Peer, { connection, input }: Case): boolean {
  if (peer.kind === 'process' && peer.instance === connection.instance) return false
  if (!isUnanswered(peer, { connection }) && input.host.proxyPorts.has(connection.remote.port))
    return true
  if (peer.kind !== 'process' || !peer.connectsOut) return false
  // Another server's traffic is judged with that server; a developer's own run of one is never judged.
  return peer.instance === null || input.instances.get(peer.instance)?.judged === false
}

function namesOf(peer: Peer, at: number): NonNullable<Opinion['names']> {
  if (peer.kind !== 'process') return []
  return [{ name: truncate(stripControl(peer.name).trim(), MAX_NAME), source: 'listener', at }]
}
