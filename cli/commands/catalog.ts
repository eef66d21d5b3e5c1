/** `mcp-watch catalog`: the servers that mcp-watch knows, and what it expects of them. Needs no daemon. */
import { CATALOGUE } from '../../shared/catalogue/catalogue.ts'
import type { KnownServer } from '../../shared/catalogue/known-server.ts'
import { searchCatalogue } from '../../shared/catalogue/search-catalogue.ts'
import type { CatalogueJson } from '../../shared/contract/catalogue.ts'
import type { ExitCode } from '../../shared/errors.ts'
import { formatHostRule } from '../../shared/policy/host-rule.ts'
import type { Io } from '../io.ts'
import { lookOf } from '../look.ts'
import { renderCatalogue } from '../render/catalog.ts'
import { jsonText } from '../render/json.ts'

export async function catalog(
  query: readonly string[],
  options: { readonly json?: boolean },
  io: Io,
): Promise<ExitCode> {
  const words = query.join(' ')
  const found = searchCatalogue(CATALOGUE, words)
  const { style, columns } = lookOf(io)
  io.out(
    options.json === true
      ? jsonText(catalogueJson(found))
      : renderCatalogue(found, words, style, columns),
  )
  return 0
}

function catalogueJson(servers: readonly KnownServer[]): CatalogueJson {
  return {
    schemaVersion: 1,
    servers: servers.map((server) => ({
      npm: [...server.npm],
      pypi: [...server.pypi],
      image: [...server.image],
      binaries: [...server.binaries],
      expectation: server.expectation,
      hosts: server.rules.map(formatHostRule),
      children: server.children,
      telemetry: server.telemetry.map(formatHostRule),
      configured: server.configured,
      source: server.source,
    })),
  }
}
