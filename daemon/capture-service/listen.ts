/** The service's socket, which every user of the machine may connect to. */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { McpWatchError } from '../../shared/errors.ts'
import { clearSocket } from '../clear-socket.ts'

/**
 * Serves on `path`; its folder is made where it is missing. The answer ends it, and removes the socket. Throws
 * DAEMON_RUNNING where another service answers there, NO_ENGINE where the socket cannot be made.
 */
export async function listenForUsers(
  path: string,
  accept: (socket: Socket) => void,
): Promise<{ close(): void }> {
  try {
    makeFolder(dirname(path))
    await clearPlace(path)
    const server = createServer(accept)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ path }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    // The kernel says who connects, so that everybody may.
    chmodSync(path, 0o666)
    // Of accept(2), as where no more files can be opened: the next one is tried all the same.
    server.on('error', () => undefined)
    return { close: () => void server.close() }
  } catch (error) {
    if (error instanceof McpWatchError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    throw unusable(`the socket ${path} cannot be made (${code})`, error)
  }
}

/** Others can enter it, and only we can put something in it. */
function makeFolder(folder: string): void {
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { mode: 0o755 })
}

/** Throws where the place is taken. */
async function clearPlace(path: string): Promise<void> {
  const found = await clearSocket(path)
  if (found === 'not-a-socket') throw unusable(`what is at ${path} is not a socket`)
  if (found === 'answered')
    throw new McpWatchError('DAEMON_RUNNING', `another capture service answers at ${path}`, {
      hint: 'end it with "sudo systemctl stop mcp-watch-capture"',
    })
}

function unusable(message: string, cause?: unknown): McpWatchError {
  return new McpWatchError('NO_ENGINE', message, {
    hint: '"--socket" names another place; its folder has to be writable',
    ...(cause === undefined ? {} : { cause }),
  })
}
