/** `mcp-watch stop`: ends the daemon that daemon.json names, if it really is one. */
import type { Health } from '../../shared/contract/answers.ts'
import { type ExitCode, McpWatchError } from '../../shared/errors.ts'
import { createApiClient } from '../api-client.ts'
import type { Io } from '../io.ts'
import { until } from '../poll.ts'
import { requireDaemon } from '../source.ts'

const PATIENCE_MS = 10_000
const CLOSING_MS = 3000

export async function stop(io: Io): Promise<ExitCode> {
  const { pid, socket } = await requireDaemon(io)
  // A process id in a file may belong to a stranger by now: only what answers with it on the socket is signalled.
  const health = await healthOf(pid, socket)
  if (health.pid !== pid) {
    throw new McpWatchError(
      'DAEMON_SILENT',
      `the daemon's file names process ${pid}, but process ${health.pid} answers on its socket`,
      { hint: 'end it by its process id' },
    )
  }
  signal(pid)
  const { locateDaemon } = await io.entry()
  const ended = await until(() => !isAlive(pid) || locateDaemon()?.pid !== pid, PATIENCE_MS)
  if (!ended) {
    throw new McpWatchError('DAEMON_SILENT', `process ${pid} was asked to end but has not yet`, {
      hint: 'its log may say why',
    })
  }
  // It removes its file before it lets go of its folder. Where nobody reaps it (a container's first process may not)
  // it stays as a zombie, so this is not waited for without end.
  await until(() => !isAlive(pid), CLOSING_MS)
  io.out(`mcp-watch (process ${pid}) has ended\n`)
  return 0
}

async function healthOf(pid: number, socket: string): Promise<Health> {
  try {
    return await createApiClient(socket).health()
  } catch (error) {
    if (!(error instanceof McpWatchError && error.code === 'DAEMON_SILENT')) throw error
    throw new McpWatchError('DAEMON_SILENT', error.message, {
      hint: `its file names process ${pid}: see what that is (ps -p ${pid}), and end it by its process id`,
      cause: error,
    })
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ESRCH') return
    throw new McpWatchError('DAEMON_SILENT', `process ${pid} may not be ended by this user`, {
      hint: 'run it as the user who started mcp-watch',
      cause,
    })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
