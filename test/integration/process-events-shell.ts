/** Shells that fork on command, for tests of who is told whose child. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** `child`: a child that stays. `orphan`: a daemon, forked twice and in a session of its own. Each tells its pid. */
const SCRIPT = `while read word; do case $word in
child) sleep 300 </dev/null >/dev/null 2>&1 & echo $! ;;
orphan) (setsid sleep 300 </dev/null >/dev/null 2>&1 & echo $!) ;;
esac; done`

export type Shell = ChildProcess & { readonly pid: number }

export interface Shells {
  readonly folder: string
  /** `sh` running the script of that name in the folder, on pipes. */
  start(name: string): Shell
  /** The pid that the shell answers with. */
  order(shell: Shell, word: 'child' | 'orphan'): Promise<number>
  /** Ends all that was started; the folder stays. */
  end(): Promise<void>
  remove(): void
}

export function createShells(): Shells {
  const folder = mkdtempSync(join(tmpdir(), 'mcpw-shells-'))
  const shells: Shell[] = []
  const strays: number[] = []
  return {
    folder,
    start(name) {
      const file = join(folder, name)
      writeFileSync(file, SCRIPT)
      const child = spawn('sh', [file], { stdio: ['pipe', 'pipe', 'inherit'] })
      if (child.pid === undefined) throw new Error('sh did not start')
      const shell = Object.assign(child, { pid: child.pid })
      shells.push(shell)
      return shell
    },
    async order(shell, word) {
      const answer = new Promise<string>((resolve) => {
        shell.stdout?.once('data', (data: Buffer) => resolve(data.toString()))
      })
      shell.stdin?.write(`${word}\n`)
      const pid = Number(await answer)
      strays.push(pid)
      return pid
    },
    async end() {
      for (const pid of strays.splice(0)) kill(pid)
      await Promise.all(shells.splice(0).map(endShell))
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Ended by itself.
  }
}

export async function endShell(shell: Shell): Promise<void> {
  if (shell.exitCode !== null || shell.signalCode !== null) return
  const ended = new Promise((resolve) => shell.once('exit', resolve))
  shell.kill('SIGKILL')
  await ended
}

/** State and parent of a process; null when it is gone. */
export function stateOf(pid: number): { readonly state: string; readonly ppid: number } | null {
  try {
    const [, state = '', ppid] =
      /\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? []
    return { state, ppid: Number(ppid) }
  } catch {
    return null
  }
}
