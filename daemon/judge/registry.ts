/** What a launcher does: fetching the package is its business, anything else is judged like the server's own. */
import type { Case, Opinion } from './case.ts'

/**
 * Null unless a launcher's connection goes to its package manager's registry or proxy, or that is not known yet.
 * Role and destination are both needed. Where the registry is not known, what the expectation allows anyway is
 * expected (`otherwise`), and the rest waits for an answer.
 */
export function judgeRegistry(c: Case, otherwise: () => Opinion): Opinion | null {
  const { connection, before, input } = c
  if (connection.owner?.role !== 'launcher') return null
  // The addresses behind a registry change within minutes; npm keeps its connections for hours.
  if (before?.reason === 'registry')
    return { verdict: 'expected', reason: 'registry', trafficClass: 'launcher' }
  const answer = input.registryOf(connection.owner.process)
  if (answer.kind !== 'known') {
    // Found to be something else while the registry was known: forgetting the registry does not undo that.
    if (before?.verdict === 'unexpected') return null
    const opinion = otherwise()
    return opinion.verdict === 'expected'
      ? { ...opinion, trafficClass: 'launcher' }
      : { verdict: 'unknown', reason: 'registry-not-known', trafficClass: 'launcher' }
  }
  const { address, port } = connection.remote
  const found = answer.endpoints.filter((e) => e.address === address && e.port === port)
  if (found.length === 0) return null
  const names = found.map(({ host }) => ({
    name: host,
    source: 'registry' as const,
    at: input.at,
  }))
  return { verdict: 'expected', reason: 'registry', trafficClass: 'launcher', names }
}
