/**
 * A Debian that systemd really booted, in systemd-nspawn(1): a network of its own with no way out, and over the root
 * folder a layer in memory that goes away with it. The root folder is made by make-rootfs.sh.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from './wait-for.ts'

const ROOTFS = process.env['MCPWATCH_TEST_ROOTFS'] ?? ''
/** The plain user that is made in it. */
export const USER = 'ada'
export const HOME = `/home/${USER}`
const UID = '1000'

export interface Answer {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Machine {
  /** Runs a program to its end, as the user of the machine or as its root. */
  run(argv: readonly string[], options?: RunOptions): Promise<Answer>
  /** The same with a shell's line; rejects when it does not end with 0. */
  shell(line: string, options?: RunOptions): Promise<string>
  stop(): Promise<void>
}

export interface RunOptions {
  readonly root?: boolean
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

/** Null when a machine can be booted here, else why not, to be part of a skipped test's name. */
export function nspawnObstacle(): string | null {
  if (process.platform !== 'linux') return 'needs Linux'
  if (process.getuid?.() !== 0) return 'needs root'
  if (!existsSync('/usr/bin/systemd-nspawn')) return 'needs systemd-nspawn'
  if (ROOTFS === '') return 'needs MCPWATCH_TEST_ROOTFS, made by test/helpers/make-rootfs.sh'
  return existsSync(join(ROOTFS, 'usr/lib/systemd/systemd')) ? null : `${ROOTFS} has no systemd`
}

/**
 * `binds`: what is shown in it read-only, by the place there; `more`: further options of systemd-nspawn. Resolves when
 * its service manager runs.
 */
export async function bootMachine(
  binds: Readonly<Record<string, string>>,
  more: readonly string[] = [],
): Promise<Machine> {
  const shown = Object.entries(binds).map(
    ([to, from]) => `--bind-ro=${escaped(from)}:${escaped(to)}`,
  )
  const name = `mcpw-${randomBytes(4).toString('hex')}`
  const own = ['--boot', '--volatile=overlay', '--private-network', `--machine=${name}`]
  const apart = ['--register=no', '--keep-unit', '--link-journal=no', '--console=pipe', '--quiet']
  const child = spawn(
    'systemd-nspawn',
    [`--directory=${ROOTFS}`, ...own, ...apart, ...more, ...shown],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const said = { text: '' }
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said.text = `${said.text}${text}`.slice(-4_000)
    })
  const machine = machineOf(child)
  try {
    await prepare(machine)
    return machine
  } catch (error) {
    await machine.stop()
    throw new Error(`the machine did not boot: ${said.text}`, { cause: error })
  }
}

async function prepare(machine: Machine): Promise<void> {
  const asRoot = { root: true }
  const isUp = async (): Promise<boolean> =>
    /running|degraded/.test((await machine.run(['systemctl', 'is-system-running'], asRoot)).stdout)
  await waitFor(isUp, { what: 'systemd is up', deadlineMs: 60_000, everyMs: 250 })
  await machine.shell(`id ${USER} || useradd --create-home --uid ${UID} ${USER}`, asRoot)
  // An address of the Internet's that is nowhere but in there.
  await machine.shell('ip link set lo up; ip address add 203.0.113.10/32 dev lo', asRoot)
}

/** By its init, which is the only child of nspawn. */
function initOf(child: ChildProcess): number | null {
  try {
    const list = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
    return Number(list.trim().split(' ')[0]) || null
  } catch {
    return null
  }
}

function machineOf(child: ChildProcess): Machine {
  const run: Machine['run'] = (argv, { root = false, env = {}, timeoutMs = 60_000 } = {}) => {
    const init = initOf(child)
    if (init === null) return Promise.resolve({ code: -1, stdout: '', stderr: 'no init yet' })
    const who = root ? [] : ['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--init-groups']
    const own = root ? { HOME: '/root' } : { HOME, XDG_RUNTIME_DIR: `/run/user/${UID}` }
    const variables = Object.entries({ PATH: '/usr/sbin:/usr/bin', ...own, ...env })
    const words = variables.map(([name, value]) => `${name}=${value}`)
    const enter = ['-m', '-u', '-i', '-n', '-p', '-C', '-r', '-w', '-t', String(init), '--']
    return new Promise((resolve) => {
      const options = { timeout: timeoutMs, maxBuffer: 8 << 20 }
      execFile('nsenter', [...enter, ...who, 'env', '-i', ...words, ...argv], options, done)
      function done(error: unknown, stdout: string, stderr: string): void {
        const { code } = (error ?? { code: 0 }) as { code?: unknown }
        resolve({ code: typeof code === 'number' ? code : -1, stdout, stderr })
      }
    })
  }
  return {
    run,
    async shell(line, options) {
      const { code, stdout, stderr } = await run(['sh', '-c', line], options)
      if (code !== 0) throw new Error(`"${line}" ended with ${code}: ${stderr}${stdout}`)
      return stdout.trim()
    },
    async stop() {
      const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null
      if (!isOver()) child.kill('SIGTERM')
      await waitFor(isOver, { what: 'the machine ends', deadlineMs: 30_000 }).catch(() => {
        // Its processes end with their init.
        const init = initOf(child)
        if (init !== null) process.kill(init, 'SIGKILL')
        child.kill('SIGKILL')
      })
    },
  }
}

/** systemd-nspawn(1), --bind: a colon and a backslash have to be escaped. */
function escaped(path: string): string {
  return path.replaceAll('\\', '\\\\').replaceAll(':', '\\:')
}
