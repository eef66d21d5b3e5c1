/** What an install script does: it runs with all of the user's rights before anybody has used the server. */
import type { ResolvedEndpoint } from '../../shared/model/host.ts'
import type { Case, Opinion } from './case.ts'
import { isThisHost } from './scopes.ts'

/**
 * Null unless an install script connects. Fetching from the registry (or through the proxy) of the package manager
 * above it is its business, and what stays on this host or is named by a rule is judged like the server's own. Below a
 * launcher that has no registry nothing is being installed.
 */
export function judgeInstall(c: Case, otherwise: () => Opinion): Opinion | null {
  const { connection, before, scope, input } = c
  if (connection.owner?.role !== 'install') return null
  if (before?.reason === 'registry') return { verdict: 'expected', reason: 'registry' }
  const { isPending, endpoints } = registriesAbove(c)
  const { address, port } = connection.remote
  const found = endpoints.filter((each) => each.address === address && each.port === port)
  if (found.length > 0) {
    const names = found.map(({ host }) => ({
      name: host,
      source: 'registry' as const,
      at: input.at,
    }))
    return { verdict: 'expected', reason: 'registry', names }
  }
  const opinion = otherwise()
  if (isThisHost(scope) || opinion.reason === 'declared') return opinion
  const accusation: Opinion = { ...opinion, verdict: 'unexpected', reason: 'install-time' }
  if (before?.reason === 'install-time') return accusation
  if (isPending) return { ...opinion, verdict: 'unknown', reason: 'registry-not-known' }
  return endpoints.length > 0 ? accusation : opinion
}

function registriesAbove({ subject, input }: Case): {
  readonly isPending: boolean
  readonly endpoints: readonly ResolvedEndpoint[]
} {
  const answers = subject.instance.members
    .filter(({ role }) => role === 'launcher')
    .map(({ process }) => input.registryOf(process.key))
  return {
    isPending: answers.some(({ kind }) => kind === 'pending'),
    endpoints: answers.flatMap((answer) => (answer.kind === 'known' ? answer.endpoints : [])),
  }
}
