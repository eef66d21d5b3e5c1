/** One pass over every file that may matter: what is there, what it declares, and which folders that leads to. */
import { existsSync } from 'node:fs'
import { clientFiles, type System } from '../../shared/clients/paths.ts'
import { type Candidate, projectCandidates, workspaceCandidate } from './candidate.ts'
import type { Problem } from './document.ts'
import { createPlaces, foldersUpwards } from './places.ts'
import type { Setting } from './read-config.ts'
import { lookAgain, type Moment, type TrackedFile } from './tracked-file.ts'

/** Files in the order they were come upon: the clients' own, workspaces, then projects. */
export type Tracked = ReadonlyMap<string, TrackedFile>

export interface Sweep {
  readonly tracked: Tracked
  /** Files that told of more folders than are looked into. */
  readonly overflows: readonly { readonly candidate: Candidate; readonly problem: Problem }[]
}

export type Sweeper = (before: Tracked, working: readonly string[], now: Moment) => Sweep

/** Each project folder costs some five looks a pass, each of some microseconds. */
const MAX_FOLDERS = 1000

/** `working`: folders that running clients work in; they are looked at first and at the folders above them too. */
export function createSweeper(system: System, setting: Setting): Sweeper {
  const places = createPlaces()
  const located = clientFiles(system)

  return (before, working, now) => {
    const tracked = new Map<string, TrackedFile>()
    const look = (candidate: Candidate): TrackedFile | null => {
      if (tracked.has(candidate.path)) return null
      const file = lookAgain(candidate, before.get(candidate.path) ?? null, now, setting)
      if (file !== null) tracked.set(candidate.path, file)
      return file
    }
    const own = places.candidatesOf(located, now.wallMs).map(look)
    const workspaces = own.flatMap((file) => workspacesOf(file)).map((candidate) => look(candidate))
    const folders = new Set(working.flatMap((folder) => foldersUpwards(folder, system.home)))
    const overflows: { candidate: Candidate; problem: Problem }[] = []
    for (const file of [...own, ...workspaces]) {
      for (const folder of file?.config?.folders ?? []) {
        if (file !== null && folders.size >= MAX_FOLDERS) {
          const problem = { position: null, message: 'tells of too many projects to look into all' }
          overflows.push({ candidate: file.candidate, problem })
          break
        }
        folders.add(places.realFolder(folder))
      }
    }
    for (const folder of folders)
      if (existsSync(folder)) for (const candidate of projectCandidates(folder)) look(candidate)
    return { tracked, overflows }
  }
}

function workspacesOf(file: TrackedFile | null): Candidate[] {
  if (file?.config == null) return []
  return file.config.workspaces.map((path) => workspaceCandidate(file.candidate.client, path))
}
