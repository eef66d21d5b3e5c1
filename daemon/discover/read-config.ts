/** From the text of one configuration file to what it declares. Total; asks of the disk only what `Setting.isFile` does. */

import { endpointOf } from '../../shared/address/endpoint.ts'
import type { Platform } from '../../shared/clients/row.ts'
import { serverId } from '../../shared/model/ids.ts'
import type { Server } from '../../shared/model/server.ts'
import { truncate } from '../../shared/text/truncate.ts'
import type { Candidate } from './candidate.ts'
import type { Document, Item, Parsed, Problem } from './document.ts'
import { entriesIn } from './entries.ts'
import { type Entry, readEntry } from './entry.ts'
import { type FoundFolders, foldersIn } from './folders.ts'
import { parseJson } from './json-document.ts'
import { draftLaunch, type LaunchContext } from './launch.ts'
import { type OwnNodeUse, ownNodeIn, runsInOwnNode } from './own-node.ts'
import { parseShell } from './shell-document.ts'
import { type Off, type Only, onlyIn, switchedOffIn } from './switches.ts'
import { parseToml } from './toml-document.ts'
import { parseYaml } from './yaml-document.ts'

const MAX_SERVERS = 1000
const MAX_PROBLEMS = 100
const MAX_NAME = 256

/** What is the same for all files. */
export type Setting = Pick<LaunchContext, 'home' | 'digest' | 'isFile'> & {
  readonly platform: Platform
}

/** A server whose script has not been looked for yet; `scriptPaths` as in `LaunchDraft`. */
export interface ServerDraft {
  readonly server: Server
  readonly scriptPaths: readonly string[]
}

/** What a file declares. No secret is in it, so it may be kept. */
export interface Config extends FoundFolders {
  readonly servers: readonly ServerDraft[]
  readonly problems: readonly Problem[]
  /** Servers of this client that are switched off here, wherever they are declared. */
  readonly switchedOff: readonly Off[]
  /** Lists of those that are not. */
  readonly only: readonly Only[]
  /** What it says of entries that the client may run inside itself. */
  readonly ownNode: OwnNodeUse
}

export function parseConfig(
  text: string,
  candidate: Pick<Candidate, 'format' | 'patches'>,
): Parsed {
  switch (candidate.format) {
    case 'json':
      return parseJson(text)
    case 'toml':
      return parseToml(text)
    case 'shell':
      return parseShell(text)
    case 'yaml':
      return parseYaml(text, candidate.patches !== undefined)
  }
}

export function readConfig(document: Document, candidate: Candidate, setting: Setting): Config {
  const servers = new Map<string, ServerDraft>()
  const problems: Problem[] = []
  const ownNode = ownNodeIn(document, candidate)
  for (const { items, problem, of } of entriesIn(document, candidate, setting.platform)) {
    if (problem !== null) problems.push(problem)
    for (const item of items) {
      if (servers.size >= MAX_SERVERS) {
        const message = 'too many servers; the rest is left out'
        problems.push({ position: item.position, message })
        break
      }
      const wrong = addServer(servers, item, of, setting, ownNode)
      if (wrong !== null) problems.push({ position: item.position, message: wrong })
    }
  }
  return {
    servers: [...servers.values()],
    // A file must not hide a server behind many mistakes, so only the telling of them is cut.
    problems: problems.slice(0, MAX_PROBLEMS),
    switchedOff: switchedOffIn(document, candidate),
    only: onlyIn(document, candidate),
    ownNode,
    ...foldersIn(document, candidate, setting.home),
  }
}

/** Returns what is wrong with the entry, if anything. */
function addServer(
  servers: Map<string, ServerDraft>,
  item: Item,
  candidate: Candidate,
  setting: Setting,
  ownNode: OwnNodeUse,
): string | null {
  if (item.replaced) return 'a server of the same name follows and replaces this one'
  const { entry, problem } = readEntry(item.value(), candidate.client)
  if (entry === null) return problem
  const draft = draftServer(entry, item.key, candidate, setting, runsInOwnNode(entry, ownNode))
  const seen = servers.has(draft.server.id)
  servers.set(draft.server.id, draft)
  return problem ?? (seen ? 'a server of this name was declared before, and is replaced' : null)
}

function draftServer(
  entry: Entry,
  name: string,
  candidate: Candidate,
  setting: Setting,
  inClient: boolean,
): ServerDraft {
  const { client, path, scope, projectDir, pluginDir, expansion } = candidate
  const draft =
    entry.transport === 'stdio'
      ? draftLaunch(entry, {
          ...setting,
          projectDir,
          pluginDir,
          expansion: expansion ?? client.expansion,
        })
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
    ...(inClient ? { inClient } : {}),
  }
  return { server, scriptPaths: draft?.scriptPaths ?? [] }
}
