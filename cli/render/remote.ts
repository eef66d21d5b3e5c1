/** Remote servers: how their clients were seen to reach them. */
import type { ReachedJson, ServerJson } from '../../shared/contract/common.ts'
import { clean, plural, wrap } from './text.ts'
import { moment, shortMoment } from './time.ts'

const MOST_NAMED = 4

/** Lines of a report; none for a server that is not a remote one. */
export function reachedLines(
  { state, client, reached }: ServerJson,
  columns: number | null,
  nowMs: number,
): string[] {
  const when = (time: string): string => shortMoment(time, nowMs)
  if (reached !== null) return [wrap(reachedWords(reached, client, when), columns, '    ')]
  // Not that there was none: see its reasons in the coverage.
  return state === 'remote' ? ['    no connection of its client to it was counted'] : []
}

/** Below the list of servers, one paragraph each. */
export function reachedParagraphs(servers: readonly ServerJson[], columns: number | null): string {
  return servers
    .flatMap(({ name, client, reached }) =>
      reached === null ? [] : [`${clean(name)}: ${reachedWords(reached, client, moment)}`],
    )
    .map((text) => `\n${wrap(text, columns, '')}\n`)
    .join('')
}

function reachedWords(
  reached: ReachedJson,
  client: string,
  when: (time: string) => string,
): string {
  const { connections, open, firstSeen, lastSeen, addresses, shared } = reached
  const until = open > 0 ? `${open} open now` : `last seen ${when(lastSeen)}`
  const what = `${plural(connections, 'connection')} of ${clean(client)} since ${when(firstSeen)}, ${until}`
  return [`${what}, to ${listed(addresses)}`, ...sharedWords(shared)].join('; ')
}

function sharedWords(shared: ReachedJson['shared']): string[] {
  if (shared.length === 0) return []
  const names = listed(shared.map(({ server }) => clean(server)))
  return [`the same address is that of ${names}, so each may be to that one`]
}

function listed(texts: readonly string[]): string {
  const more = texts.length - MOST_NAMED
  const shown = texts.slice(0, MOST_NAMED).join(', ')
  return more > 0 ? `${shown} and ${more} more` : shown
}
