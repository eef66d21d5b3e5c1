/** Processes of users that nobody else has on this machine, for what is tested of the built capture service. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { arch } from 'node:os'
import { createInterface } from 'node:readline'
import { judgeConditions } from '../../daemon/capture/bpf/conditions.ts'
import { readConditions } from '../../daemon/capture/bpf/read-conditions.ts'

export const ADA = 61_301
export const BOB = 61_302
/** As systemd gives one (DynamicUser=). */
export const SERVICE = 61_303
export const CAPABILITIES = ['bpf', 'net_admin', 'perfmon']

/** Null where the kernel's programs can be used here, else why not. */
export function obstacle(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux'
  const judged = judgeConditions(readConditions(arch(), true))
  return judged.ok ? null : 'exact capture is refused on this machine'
}

/** The begin of a command that another user runs, with these capabilities and no others. */
export const as = (uid: number, capabilities: readonly string[] = []): string[] => {
  const all = ['-all', ...capabilities.map((name) => `+${name}`)].join(',')
  const sets = ['inh', 'ambient', 'bounding'].map((set) =>
    set === 'bounding' ? `--bounding-set=${all}` : `--${set}-caps=${all}`,
  )
  return ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...sets]
}

export interface Run {
  readonly child: ChildProcess
  readonly lines: string[]
  readonly errors: () => string
  ended(): Promise<number | NodeJS.Signals | null>
}

/** `ends`: how it is ended is added to them. */
export function start(argv: readonly string[], ends: (() => unknown)[]): Run {
  const [file = '', ...args] = argv
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/' })
  const lines: string[] = []
  let errors = ''
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const closed = once(child, 'close')
  const ended = async () => {
    await closed
    return child.exitCode ?? child.signalCode
  }
  ends.push(async () => {
    child.kill('SIGKILL')
    await ended()
  })
  return { child, lines, errors: () => errors, ended }
}
