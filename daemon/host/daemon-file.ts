/** `daemon.json`: how the command line finds the running daemon. */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DaemonFile, daemonFileSchema } from '../../shared/contract/answers.ts'

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

export function writeDaemonFile(stateFolder: string, file: DaemonFile): void {
  const path = join(stateFolder, NAME)
  writeFileSync(`${path}.new`, `${JSON.stringify(file)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

export function removeDaemonFile(stateFolder: string): void {
  rmSync(join(stateFolder, NAME), { force: true })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
