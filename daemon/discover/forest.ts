/** The places of the clients' table as trees to walk, one for each folder that files are below. */
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
  pluginCandidate,
  projectCandidate,
  type Stars,
} from './candidate.ts'
import { type PlaceTree, placeTree } from './place-tree.ts'

/** A folder to look into; `name` is the plugin's. */
export interface Place {
  readonly folder: string
  readonly name: string
  readonly tree: PlaceTree<Make>
}

/** Makes the candidate of a file that was found. */
export type Make = (path: string, stars: Stars, place: Omit<Place, 'tree'>) => Candidate

export interface Forest {
  readonly known: readonly Place[]
  /** Of clients that are not in the table. */
  readonly guessed: readonly Place[]
  readonly inProjects: PlaceTree<Make>
  readonly inPlugins: ReadonlyMap<ClientRow, PlaceTree<Make>>
}

export function createForest(system: System): Forest {
  const all = ownFiles(system)
  return {
    known: ownTrees(all.filter(({ located }) => located.file.isGuess !== true)),
    guessed: ownTrees(all.filter(({ located }) => located.file.isGuess === true)),
    inProjects: projectTree(CLIENTS),
    inPlugins: new Map(CLIENTS.map((client) => [client, pluginTree(client)])),
  }
}

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
