/** The built program, run directly on this machine (not in a lab): for what needs no connections to look at. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { PROJECT } from './lab.ts'
import { waitFor } from './wait-for.ts'

export const MAIN = join(PROJECT, 'dist/cli/main.js')

export interface CliRun {
  readonly child: ChildProcess
  readonly stdout: string
  readonly stderr: string
  /** JSON lines of standard output so far. */
  lines(): Record<string, unknown>[]
  ended(deadlineMs?: number): Promise<number | NodeJS.Signals>
}

/** Starts a command; nothing of the tester's environment reaches it but what `env` says. */
export function startCli(args: readonly string[], env: Readonly<Record<string, string>>): CliRun {
  const child = spawn(process.execPath, [MAIN, ...args], { env, cwd: env['HOME'] })
  const run = { stdout: '', stderr: '', exit: null as number | NodeJS.Signals | null }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    run.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    run.stderr += text
  })
  child.on('close', (code, signal) => {
    run.exit = code ?? signal
  })
  return {
    child,
    get stdout() {
      return run.stdout
    },
    get stderr() {
      return run.stderr
    },
    lines: () => jsonLines(run.stdout),
    ended: (deadlineMs = 20_000) =>
      waitFor(() => (run.exit === null ? null : { exit: run.exit }), {
        what: () => `mcp-watch ${args.join(' ')} ends (${run.stderr})`,
        deadlineMs,
      }).then(({ exit }) => exit),
  }
}

/** Runs a command to its end. */
export async function cli(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | NodeJS.Signals; stdout: string; stderr: string }> {
  const run = startCli(args, env)
  const code = await run.ended()
  return { code, stdout: run.stdout, stderr: run.stderr }
}

export function jsonLines(text: string): Record<string, unknown>[] {
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}
