/** The lock of the state folder, for a daemon that is to run. */
import { McpWatchError } from '../shared/errors.ts'
import { locateDaemon } from './host/daemon-file.ts'
import { type StateLock, takeStateLock } from './store/lock.ts'

/** Throws McpWatchError DAEMON_RUNNING, with the pid of who holds it where that is known. */
export function lockState(state: string): StateLock {
  const lock = takeStateLock(state)
  if (lock !== null) return lock
  const pid = locateDaemon(state)?.pid
  throw new McpWatchError(
    'DAEMON_RUNNING',
    pid === undefined
      ? 'mcp-watch is already running'
      : `mcp-watch is already running (pid ${pid})`,
    {
      hint:
        pid === undefined
          ? 'end it with "mcp-watch stop" or, where that finds none, by its process id'
          : 'see what it saw with "mcp-watch report", or end it with "mcp-watch stop"',
    },
  )
}
