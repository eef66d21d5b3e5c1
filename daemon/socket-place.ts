/** Where the API's socket is for the user whose daemon it is. */
import { tmpdir } from 'node:os'
import { isOwnFolder } from './api/listen.ts'
import { type SocketPlaces, socketPath } from './api/socket-path.ts'
import type { Machine } from './machine.ts'

export interface SocketPlace {
  readonly folder: string
  readonly path: string
  /** The folders that it was chosen from. */
  readonly candidates: SocketPlaces
}

export function socketPlaceOf({ folders, uid, owner, env }: Machine): SocketPlace {
  const runtime = folders.runtime !== null && isOwnFolder(folders.runtime) ? folders.runtime : null
  const candidates: SocketPlaces = {
    runtimeFolder: runtime,
    stateFolder: folders.state,
    temporaryFolder: env['TMPDIR'] ?? tmpdir(),
    uid: owner?.uid ?? uid,
  }
  return { ...socketPath(candidates), candidates }
}
