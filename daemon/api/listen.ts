/** Listening on a Unix socket that only the user can reach. */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { dirname } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { McpWatchError } from '../../shared/errors.ts'
import { clearSocket } from '../clear-socket.ts'

/** Each is an open file of the daemon's: nobody may use them up by connecting. */
export const MAX_CONNECTIONS = 64

function refuse(message: string, cause?: unknown): McpWatchError {
  return new McpWatchError('STATE_FOLDER', message, {
    hint: 'the folder of the socket has to be yours alone; remove what is in its place',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** True for a real folder (no symbolic link) of this user. */
export function isOwnFolder(folder: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false })
  return stat?.isDirectory() === true && stat.uid === process.geteuid?.()
}

/** A folder in a shared place could be somebody else's trap: it has to be ours, and then it is made private. */
function privateSocketFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (!isOwnFolder(folder)) throw refuse(`the socket's folder ${folder} is not a folder of yours`)
    if ((lstatSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700)
  } catch (error) {
    if (error instanceof McpWatchError) throw error
    throw refuse(`the socket's folder ${folder} cannot be used`, error)
  }
}

/** Throws where the place is taken. */
async function clearPlace(path: string): Promise<void> {
  const found = await clearSocket(path)
  if (found === 'not-a-socket') throw refuse(`what is at ${path} is not a socket`)
  if (found === 'answered')
    throw new McpWatchError('DAEMON_RUNNING', 'another mcp-watch answers on this socket', {
      hint: 'end it with `mcp-watch stop`',
    })
}

/** Serves on `path` (0600, in a folder of 0700). Throws STATE_FOLDER or DAEMON_RUNNING. `app.close()` ends it. */
export async function listenOnSocket(app: FastifyInstance, path: string): Promise<void> {
  privateSocketFolder(dirname(path))
  await clearPlace(path)
  app.server.maxConnections = MAX_CONNECTIONS
  try {
    await app.listen({ path })
    chmodSync(path, 0o600)
  } catch (error) {
    throw refuse(`the socket ${path} cannot be made`, error)
  }
}

/**
 * Serves on `path` once more, after its file was removed with the folder around it: what listened there is out of reach.
 * Binds at once, so that it can be done as another user. Null where that does not work.
 */
export function listenAgain(
  handler: RequestListener,
  path: string,
): { close(): Promise<void> } | null {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return null
  const server = createServer(handler)
  server.maxConnections = MAX_CONNECTIONS
  // Told by the file that is not there.
  server.on('error', () => undefined)
  try {
    privateSocketFolder(dirname(path))
    server.listen({ path })
    chmodSync(path, 0o600)
  } catch {
    server.close()
    return null
  }
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
