/** Real processes of this machine, ended with the test, and scripts for them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import type { Clock, ProcessSource } from '../../daemon/ports.ts'
import type { Process } from '../../shared/model/process.ts'

export const clock: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }

export interface RealProcesses {
  /** Where they run; there from the first test on. */
  folder(): string
  run(
    command: string,
    args: readonly string[],
    options?: { readonly uid?: number },
  ): ChildProcess & { pid: number }
  /** Ended with the test as well. */
  adopt(pid: number): void
  /** Path of a file of `folder` with this text. */
  script(name: string, text: string): string
}

export function useProcesses(): RealProcesses {
  const children: ChildProcess[] = []
  const strays: number[] = []
  let folder = ''
  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'mcpw-processes-')))
    chmodSync(folder, 0o755)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  afterEach(async () => {
    for (const pid of strays.splice(0)) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // Ended by itself.
      }
    }
    await Promise.all(children.splice(0).map(end))
  })

  return {
    folder: () => folder,
    run(command, args, options = {}) {
      const child = spawn(command, args, {
        stdio: ['pipe', 'pipe', 'inherit'],
        cwd: folder,
        ...options,
      })
      children.push(child)
      if (child.pid === undefined) throw new Error(`${command} did not start`)
      return Object.assign(child, { pid: child.pid })
    },
    adopt: (pid) => void strays.push(pid),
    script(name, text) {
      const file = join(folder, name)
      writeFileSync(file, text)
      return file
    },
  }
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

/** The first line the child writes: it is then where the test wants it. */
export function line(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the child ended before it wrote a line')))
    child.stdout?.once('data', (data: Buffer) => resolve(data.toString().trim()))
  })
}

/** Samples until `test` holds for the process, for up to 10 s. */
export async function until(
  source: ProcessSource,
  pid: number,
  test: (process: Process) => boolean,
): Promise<Process> {
  const deadline = performance.now() + 10_000
  for (;;) {
    const found = (await source.sample(new Set([pid]))).processes.get(pid)
    if (found !== undefined && test(found)) return found
    if (performance.now() > deadline)
      throw new Error(`not so within 10 s: ${JSON.stringify(found)}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
