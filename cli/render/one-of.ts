/** Entries that cannot be told apart, in words. */
import type { EntryJson, FindingJson } from '../../shared/contract/common.ts'
import { clean } from './text.ts'

const MOST_NAMED = 4

/** One copy answers at the address that all of them have: it is each of theirs. */
function isShared(entries: readonly EntryJson[]): boolean {
  return entries.every(({ transport }) => transport !== undefined)
}

/** `one of: a, b`, or `serves a, b`; with their clients where those differ. */
export function oneOfWords(entries: readonly EntryJson[]): string {
  const clients = new Set(entries.map(({ client }) => client))
  const named = entries
    .toSorted((a, b) => a.server.localeCompare(b.server) || a.client.localeCompare(b.client))
    .slice(0, MOST_NAMED)
    .map(({ server, client }) =>
      clients.size > 1 ? `${clean(server)} (${clean(client)})` : clean(server),
    )
  const more = entries.length - named.length
  return `${isShared(entries) ? 'serves' : 'one of:'} ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

export function whoseFinding({ server, client, oneOf }: FindingJson): string {
  if (oneOf.length < 2) return `${clean(server)} (${clean(client)})`
  return isShared(oneOf) ? `what ${oneOfWords(oneOf)}` : oneOfWords(oneOf)
}

interface Running {
  readonly endedAt: string | null
  readonly oneOf: readonly EntryJson[]
}

/** Null where some copy that runs is certainly its own, or none runs. */
export function onlyOneOf(instances: readonly Running[]): string | null {
  const running = instances.filter(({ endedAt }) => endedAt === null)
  const [first] = running
  if (first === undefined || running.some(({ oneOf }) => oneOf.length < 2 || isShared(oneOf)))
    return null
  return oneOfWords(first.oneOf)
}
