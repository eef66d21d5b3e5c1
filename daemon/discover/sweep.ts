/** One pass over every file that may matter: what is there, what it declares, and which folders that leads to. */

import type { NamedConfig } from '../../shared/clients/named-config.ts'
import type { System } from '../../shared/clients/paths.ts'
import type { ClientRow } from '../../shared/clients/row.ts'
import {
  type Candidate,
  namedCandidate,
  referredCandidate,
  workspaceCandidate,
} from './candidate.ts'
import type { Problem } from './document.ts'
import { createForest, type Make, type Place } from './forest.ts'
import type { PlaceTree } from './place-tree.ts'
import { createRealFolder, foldersUpwards } from './places.ts'
import type { Setting } from './read-config.ts'
import { lookAgain, type Moment, type TrackedFile } from './tracked-file.ts'
import { createWalker, type Walker } from './walker.ts'

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
  const { known, guessed, inProjects, inPlugins } = createForest(system)
  let seekAt = Number.NEGATIVE_INFINITY

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
    const lookBelow = (places: readonly Place[]): (TrackedFile | null)[] =>
      withOthers(candidatesBelow(places, walker, before, former).map(look))
    const withOthers = (files: (TrackedFile | null)[]): (TrackedFile | null)[] => {
      for (const candidate of files.flatMap(othersOf)) look(candidate)
      return files
    }

    const seeks = now.monotonicMs >= seekAt
    if (seeks) seekAt = now.monotonicMs + SEEK_EVERY_MS
    const files = lookBelow(seeks ? [...known, ...guessed] : known)
    for (const candidate of files.flatMap(workspacesOf)) files.push(look(candidate))
    withOthers(named.map((config) => look(namedCandidate(config))))
    for (const plugin of files.flatMap((file) => pluginsOf(file, inPlugins))) lookBelow([plugin])
    const { folders, overflows } = projectFolders(files, working, system.home, realFolder)
    for (const folder of folders) lookBelow([{ folder, name: '', tree: inProjects }])
    return { tracked, overflows }
  }
}

/** What is there, and what was there at the last look: it may be on its way to be replaced. In the table's order. */
function candidatesBelow(
  places: readonly Place[],
  walker: Walker<Make>,
  before: Tracked,
  former: ReadonlyMap<string, readonly TrackedFile[]>,
): Candidate[] {
  const found = new Map<string, Candidate>()
  for (const { tree, ...place } of places)
    walker.walk(place.folder, tree, (make, path, stars) => {
      const candidate = before.get(path)?.candidate ?? make(path, stars, place)
      // Where two places are one, the first of the table counts.
      if (candidate.order <= (found.get(path)?.order ?? candidate.order)) found.set(path, candidate)
    })
  for (const { candidate } of places.flatMap(({ folder }) => former.get(folder) ?? []))
    if (!found.has(candidate.path)) found.set(candidate.path, candidate)
  return [...found.values()].sort(inOrder)
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

function othersOf(file: TrackedFile | null): Candidate[] {
  if (file?.config == null) return []
  return file.config.others.map((path) => referredCandidate(file.candidate, path))
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
