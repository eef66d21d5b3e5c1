/** One pass over every file that may matter: what is there, what it declares, and which folders that leads to. */

import type { NamedConfig } from '../../shared/clients/named-config.ts'
import {
  boxedFiles,
  clientFiles,
  type LocatedFile,
  type System,
} from '../../shared/clients/paths.ts'
import type { ClientRow } from '../../shared/clients/row.ts'
import { CLIENTS } from '../../shared/clients/table.ts'
import {
  type Candidate,
  clientCandidate,
  namedCandidate,
  pluginCandidate,
  projectCandidate,
  type Stars,
  workspaceCandidate,
} from './candidate.ts'
import type { Problem } from './document.ts'
import { type PlaceTree, placeTree } from './place-tree.ts'
import { createRealFolder, foldersUpwards } from './places.ts'
import type { Setting } from './read-config.ts'
import { lookAgain, type Moment, type TrackedFile } from './tracked-file.ts'
import { createWalker } from './walker.ts'

/** Files in the order they were come upon: the clients' own, workspaces, plugins, then projects. */
export type Tracked = ReadonlyMap<string, TrackedFile>

export interface Sweep {
  readonly tracked: Tracked
  /** Files that told of more folders than are looked into. */
  readonly overflows: readonly { readonly candidate: Candidate; readonly problem: Problem }[]
}

export type Sweeper = (
  before: Tracked,
  working: readonly string[],
  now: Moment,
  named?: readonly NamedConfig[],
) => Sweep

/** Each costs one look a pass, of some microseconds, and one for each file in it. */
const MAX_FOLDERS = 1000
/** How often files of unknown clients are looked for, in every folder that could be one; those found are followed as all. */
const SEEK_EVERY_MS = 10_000

/**
 * `working`: folders that running clients work in; they are looked at first and at the folders above them too.
 * `named`: files that they were told of.
 */
export function createSweeper(system: System, setting: Setting): Sweeper {
  const realFolder = createRealFolder()
  let wallMs = 0
  const walker = createWalker<Make>(() => wallMs)
  const all = ownFiles(system)
  const known = ownTrees(all.filter(({ located }) => located.file.isGuess !== true))
  const guessed = ownTrees(all.filter(({ located }) => located.file.isGuess === true))
  let seekAt = Number.NEGATIVE_INFINITY
  const inProjects = projectTree(CLIENTS)
  const inPlugins = new Map(CLIENTS.map((client) => [client, pluginTree(client)]))

  return (before, working, now, named = []) => {
    wallMs = now.wallMs
    const tracked = new Map<string, TrackedFile>()
    const former = byRoot(before)
    const look = (candidate: Candidate): TrackedFile | null => {
      if (tracked.has(candidate.path)) return null
      const file = lookAgain(candidate, before.get(candidate.path) ?? null, now, setting)
      if (file !== null) tracked.set(candidate.path, file)
      return file
    }
    const lookBelow = (places: readonly Place[]): (TrackedFile | null)[] => {
      const found = new Map<string, Candidate>()
      for (const { tree, ...place } of places)
        walker.walk(place.folder, tree, (make, path, stars) => {
          const candidate = before.get(path)?.candidate ?? make(path, stars, place)
          // Where two places are one, the first of the table counts.
          if (candidate.order <= (found.get(path)?.order ?? candidate.order))
            found.set(path, candidate)
        })
      // What was there and is not, is looked at again: it may be on its way to be replaced.
      for (const { candidate } of places.flatMap(({ folder }) => former.get(folder) ?? []))
        if (!found.has(candidate.path)) found.set(candidate.path, candidate)
      return [...found.values()].sort(inOrder).map(look)
    }

    const seeks = now.monotonicMs >= seekAt
    if (seeks) seekAt = now.monotonicMs + SEEK_EVERY_MS
    const files = lookBelow(seeks ? [...known, ...guessed] : known)
    for (const candidate of files.flatMap(workspacesOf)) files.push(look(candidate))
    for (const config of named) look(namedCandidate(config))
    for (const plugin of files.flatMap((file) => pluginsOf(file, inPlugins))) lookBelow([plugin])
    const { folders, overflows } = projectFolders(files, working, system.home, realFolder)
    for (const folder of folders) lookBelow([{ folder, name: '', tree: inProjects }])
    return { tracked, overflows }
  }
}

/** A folder to look into; `name` is the plugin's. */
interface Place {
  readonly folder: string
  readonly name: string
  readonly tree: PlaceTree<Make>
}

/** Makes the candidate of a file that was found. */
type Make = (path: string, stars: Stars, place: Omit<Place, 'tree'>) => Candidate

interface OwnFile {
  readonly located: LocatedFile
  readonly order: number
}

function ownFiles(system: System): OwnFile[] {
  return [...clientFiles(system), ...boxedFiles(system)].map((located, order) => ({
    located,
    order,
  }))
}

/** One tree for each folder that clients' files are below. */
function ownTrees(files: readonly OwnFile[]): Place[] {
  const roots = new Map<string, [string, Make][]>()
  for (const { located, order } of files) {
    const make: Make = (path, stars) => clientCandidate(located, path, stars, order)
    const places = roots.get(located.folder) ?? []
    places.push([located.pattern, make])
    roots.set(located.folder, places)
  }
  return [...roots].map(([folder, places]) => ({ folder, name: '', tree: placeTree(places) }))
}

function projectTree(clients: readonly ClientRow[]): PlaceTree<Make> {
  const all = clients.flatMap((client) => client.projectFiles.map((file) => ({ client, file })))
  return placeTree(
    all.map(({ client, file }, order) => [
      file.path,
      (path, _, { folder }) => projectCandidate(client, file, path, folder, order),
    ]),
  )
}

function pluginTree(client: ClientRow): PlaceTree<Make> {
  return placeTree(
    (client.pluginFiles ?? []).map((file, order) => [
      file.path,
      (path, _, place) => pluginCandidate(client, file, path, place, order),
    ]),
  )
}

function byRoot(tracked: Tracked): ReadonlyMap<string, TrackedFile[]> {
  const roots = new Map<string, TrackedFile[]>()
  for (const file of tracked.values()) {
    const { root } = file.candidate
    if (root === null) continue
    const others = roots.get(root)
    if (others === undefined) roots.set(root, [file])
    else others.push(file)
  }
  return roots
}

function inOrder(a: Candidate, b: Candidate): number {
  if (a.order !== b.order) return a.order - b.order
  return a.path < b.path ? -1 : 1
}

function workspacesOf(file: TrackedFile | null): Candidate[] {
  if (file?.config == null) return []
  return file.config.workspaces.map((path) => workspaceCandidate(file.candidate.client, path))
}

function pluginsOf(
  file: TrackedFile | null,
  trees: ReadonlyMap<ClientRow, PlaceTree<Make>>,
): Place[] {
  const tree = file === null ? undefined : trees.get(file.candidate.client)
  if (file?.config == null || tree === undefined) return []
  return file.config.plugins.map((plugin) => ({ ...plugin, tree }))
}

function projectFolders(
  files: readonly (TrackedFile | null)[],
  working: readonly string[],
  home: string,
  realFolder: (folder: string) => string,
): { readonly folders: ReadonlySet<string>; readonly overflows: Sweep['overflows'] } {
  const folders = new Set(working.flatMap((folder) => foldersUpwards(folder, home)))
  const overflows: { candidate: Candidate; problem: Problem }[] = []
  for (const file of files) {
    for (const folder of file?.config?.folders ?? []) {
      if (file !== null && folders.size >= MAX_FOLDERS) {
        const problem = { position: null, message: 'tells of too many projects to look into all' }
        overflows.push({ candidate: file.candidate, problem })
        break
      }
      folders.add(realFolder(folder))
    }
  }
  return { folders, overflows }
}
