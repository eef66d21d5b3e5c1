/** Searches the known servers for a person who remembers a part of a name. */
import { formatHostRule } from '../policy/host-rule.ts'
import type { KnownServer } from './known-server.ts'

/** Those where every word of `query` is in one of the names, hosts or the expectation; all when it is empty. */
export function searchCatalogue(
  catalogue: readonly KnownServer[],
  query: string,
): readonly KnownServer[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  return catalogue.filter((server) => {
    const text = textsOf(server).join('\n').toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

function textsOf(server: KnownServer): readonly string[] {
  return [
    ...namesOf(server),
    ...server.rules.map(formatHostRule),
    ...server.telemetry.map(formatHostRule),
    server.expectation,
  ]
}

/** Every name of it, once; the one it is best known by first. */
export function namesOf(server: KnownServer): readonly string[] {
  return [...new Set([...server.npm, ...server.pypi, ...server.image, ...server.binaries])]
}
