/** From the text of one configuration file to what it declares. Total; asks of the disk only what `Setting.isFile` does. */
import type { KeyPath } from '../../shared/clients/row.ts'
import { serverId } from '../../shared/model/ids.ts'
import type { Server } from '../../shared/model/server.ts'
import { truncate } from '../../shared/text/truncate.ts'
import type { Candidate } from './candidate.ts'
import type { Document, Item, Parsed, Problem } from './document.ts'
import { endpointOf } from './endpoint.ts'
import { type Entry, readEntry } from './entry.ts'
import { type FoundFolders, foldersIn } from './folders.ts'
import { parseJson } from './json-document.ts'
import { draftLaunch, type LaunchContext } from './launch.ts'
import { parseToml } from './toml-document.ts'

const MAX_SERVERS = 1000
const MAX_PROJECTS = 10_000
const MAX_PROBLEMS = 100
const MAX_NAME = 256

/** What is the same for all files. */
export type Setting = Pick<LaunchContext, 'home' | 'digest' | 'isFile'>

/** A server whose script has not been looked for yet; `scriptPaths` as in `LaunchDraft`. */
export interface ServerDraft {
  readonly server: Server
  readonly scriptPaths: readonly string[]
}

/** What a file declares. No secret is in it, so it may be kept. */
export interface Config extends FoundFolders {
  readonly servers: readonly ServerDraft[]
  readonly problems: readonly Problem[]
  /** `[scope, name]` of servers of this client that are switched off here, wherever they are declared. */
  readonly switchedOff: readonly (readonly [scope: string, name: string])[]
}

export function parseConfig(text: string, candidate: Pick<Candidate, 'format'>): Parsed {
  switch (candidate.format) {
    case 'json':
      return parseJson(text)
    case 'toml':
      return parseToml(text)
  }
}

export function readConfig(document: Document, candidate: Candidate, setting: Setting): Config {
  const servers = new Map<string, ServerDraft>()
  const problems: Problem[] = []
  for (const path of candidate.servers) {
    for (const found of mapsAt(document, path, candidate)) {
      const map = document.items(found.at)
      if (map.kind === 'not-a-map')
        problems.push({ position: map.position, message: 'the servers are not an object' })
      if (map.kind !== 'items') continue
      for (const item of map.items) {
        if (servers.size >= MAX_SERVERS) {
          problems.push({
            position: item.position,
            message: 'too many servers; the rest is left out',
          })
          break
        }
        const problem = addServer(servers, item, found, setting)
        if (problem !== null) problems.push({ position: item.position, message: problem })
      }
    }
  }
  return {
    servers: [...servers.values()],
    // A file must not hide a server behind many mistakes, so only the telling of them is cut.
    problems: problems.slice(0, MAX_PROBLEMS),
    switchedOff: switchedOffIn(document, candidate),
    ...foldersIn(document, candidate),
  }
}

/** Returns what is wrong with the entry, if anything. */
function addServer(
  servers: Map<string, ServerDraft>,
  item: Item,
  candidate: Candidate,
  setting: Setting,
): string | null {
  if (item.replaced) return 'a server of the same name follows and replaces this one'
  const { entry, problem } = readEntry(item.value(), candidate.client)
  if (entry === null) return problem
  const draft = draftServer(entry, item.key, candidate, setting)
  const seen = servers.has(draft.server.id)
  servers.set(draft.server.id, draft)
  return problem ?? (seen ? 'a server of this name was declared before, and is replaced' : null)
}

function draftServer(
  entry: Entry,
  name: string,
  candidate: Candidate,
  setting: Setting,
): ServerDraft {
  const { client, path, scope, projectDir } = candidate
  const draft =
    entry.transport === 'stdio'
      ? draftLaunch(entry, { ...setting, projectDir, expansion: client.expansion })
      : null
  const server: Server = {
    id: serverId(client.id, path, scope, name),
    client: client.id,
    name: truncate(name, MAX_NAME),
    source: path,
    scope,
    transport: entry.transport,
    launch: draft === null ? null : { ...draft.launch, script: null },
    endpoint: draft === null ? endpointOf(entry.url) : null,
    disabled: entry.disabled,
  }
  return { server, scriptPaths: draft?.scriptPaths ?? [] }
}

/** Follows `*` to every key; the key is the project folder of what is below it. */
function mapsAt(
  document: Document,
  path: KeyPath,
  candidate: Candidate,
): (Candidate & { readonly at: KeyPath })[] {
  const star = path.indexOf('*')
  if (star < 0) return [{ ...candidate, at: path }]
  const above = document.items(path.slice(0, star))
  if (above.kind !== 'items') return []
  return above.items
    .filter((item) => !item.replaced && item.key.startsWith('/'))
    .slice(0, MAX_PROJECTS)
    .map(({ key }) => ({
      ...candidate,
      scope: `project:${key}`,
      projectDir: key,
      at: [...path.slice(0, star), key, ...path.slice(star + 1)],
    }))
}

function switchedOffIn(document: Document, candidate: Candidate): Config['switchedOff'] {
  return (candidate.switchedOff ?? []).flatMap((path) =>
    mapsAt(document, path, candidate).flatMap(({ at, scope }) => {
      const names = document.value(at)
      if (!Array.isArray(names)) return []
      return names.filter((name) => typeof name === 'string').map((name) => [scope, name] as const)
    }),
  )
}
