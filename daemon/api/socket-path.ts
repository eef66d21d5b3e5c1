/** Where the API's socket is. Pure. */
import { createHash } from 'node:crypto'
import { isAbsolute, join } from 'node:path'

export interface SocketPlaces {
  /** $XDG_RUNTIME_DIR, null where it is not set or not ours. */
  readonly runtimeFolder: string | null
  /** State folder of mcp-watch. */
  readonly stateFolder: string
  /** Folder for temporary files. */
  readonly temporaryFolder: string
  readonly uid: number
}

/** sun_path holds 108 bytes on Linux (unix(7)), 104 on macOS, with the NUL; some are left as margin. */
const MAX_PATH_BYTES = 100

/**
 * Folder and path of the socket: in the runtime folder, else in the state folder, else, where that path is too long, in
 * a folder of the temporary one whose name tells user and state folder apart. The Base Directory Specification wants
 * relative values of XDG variables ignored.
 */
export function socketPath(places: SocketPlaces): {
  readonly folder: string
  readonly path: string
} {
  const { runtimeFolder, stateFolder, temporaryFolder, uid } = places
  const digest = createHash('sha256').update(stateFolder).digest('hex').slice(0, 12)
  const folders = [
    ...(runtimeFolder !== null && isAbsolute(runtimeFolder)
      ? [join(runtimeFolder, 'mcp-watch')]
      : []),
    stateFolder,
  ]
  const last = join(temporaryFolder, `mcp-watch-${uid}-${digest}`)
  const fits = (folder: string): boolean =>
    Buffer.byteLength(join(folder, 'api.sock')) <= MAX_PATH_BYTES
  const folder = folders.find(fits) ?? last
  return { folder, path: join(folder, 'api.sock') }
}
