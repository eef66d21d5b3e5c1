/** Making the place of a Unix socket free. */
import { lstatSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'

const ANSWER_MS = 1_000

/**
 * Removes what a process that was killed left at `path`: only a socket, and only when nobody answers there. Says what it
 * found; `free` is that nothing is there any more.
 */
export async function clearSocket(path: string): Promise<'free' | 'not-a-socket' | 'answered'> {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return 'free'
  if (!stat.isSocket()) return 'not-a-socket'
  if (await isAnswered(path)) return 'answered'
  unlinkSync(path)
  return 'free'
}

/** Whether a process accepts connections there. One that does not answer in time counts as alive. */
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
