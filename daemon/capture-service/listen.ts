/** The service's socket, which every user of the machine may connect to. */
import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { McpWatchError } from '../../shared/errors.ts'

const ANSWER_MS = 1_000

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
    await removeStale(path)
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

/** Removes what a service that was killed left behind: only a socket, and only when nobody answers there. */
async function removeStale(path: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return
  if (!stat.isSocket()) throw unusable(`what is at ${path} is not a socket`)
  if (await isAnswered(path)) {
    throw new McpWatchError('DAEMON_RUNNING', `another capture service answers at ${path}`, {
      hint: 'end it with "sudo systemctl stop mcp-watch-capture"',
    })
  }
  unlinkSync(path)
}

/** One that does not answer in time counts as alive. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const settle = (answered: boolean): void => {
      socket.destroy()
      resolve(answered)
    }
    socket.setTimeout(ANSWER_MS, () => settle(true))
    socket.once('connect', () => settle(true))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      settle(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT')
    })
  })
}

function unusable(message: string, cause?: unknown): McpWatchError {
  return new McpWatchError('NO_ENGINE', message, {
    hint: '"--socket" names another place; its folder has to be writable',
    ...(cause === undefined ? {} : { cause }),
  })
}
