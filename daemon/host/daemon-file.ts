/** `daemon.json`: how the command line finds the running daemon. */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DaemonFile, daemonFileSchema } from '../../shared/contract/answers.ts'
import { McpWatchError } from '../../shared/errors.ts'

const NAME = 'daemon.json'

/** The daemon that `daemon.json` names if its process is alive, else null. A pid may have been reused: ask its socket. */
export function locateDaemon(stateFolder: string): DaemonFile | null {
  try {
    const path = join(stateFolder, NAME)
    if (!statSync(path).isFile()) return null
    const file = daemonFileSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    return isAlive(file.pid) ? file : null
  } catch {
    return null
  }
}

/** Throws McpWatchError STATE_FOLDER. */
export function writeDaemonFile(stateFolder: string, file: DaemonFile): void {
  const path = join(stateFolder, NAME)
  try {
    writeFileSync(`${path}.new`, `${JSON.stringify(file)}\n`, { mode: 0o600 })
    renameSync(`${path}.new`, path)
  } catch (cause) {
    throw new McpWatchError('STATE_FOLDER', `${path} cannot be written`, {
      hint: hintFor((cause as NodeJS.ErrnoException).code),
      cause,
    })
  }
}

function hintFor(code: string | undefined): string {
  return code === 'EISDIR'
    ? 'a folder is in its place: move it away'
    : 'see that the state folder is writable and its disk is not full'
}

/** Throws nothing: what cannot be removed does not name a daemon that lives. */
export function removeDaemonFile(stateFolder: string): void {
  try {
    rmSync(join(stateFolder, NAME), { force: true })
  } catch {
    // Its folder may not be written to any more, or another folder is in its place.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
