/**
 * A lab: private network, mount and pid namespaces with an "internet" of their own (lab-outside.mjs), so that programs
 * can really connect to public addresses and nothing ever leaves the machine. Works for root and, where the kernel
 * lets users make namespaces, for a plain user. It ends with its first process, whatever else runs in it.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type LabProcess, openChannel, type StartOptions } from './lab-channel.ts'

export interface Outside {
  readonly host: string
  readonly host6: string
  readonly registry: { readonly host: string; readonly port: number }
  readonly nameserver: { readonly address: string; readonly port: number }
  readonly leakPort: number
  /** UDP. */
  readonly sinkPort: number
  /** A range of ports with a listener each. */
  readonly ports: { readonly first: number; readonly count: number }
}

export interface Lab {
  readonly outside: Outside
  start(command: string, args: readonly string[], options: StartOptions): Promise<LabProcess>
  /** By the pid that processes of the lab know. */
  signal(pid: number, signal: NodeJS.Signals): Promise<void>
  stop(): Promise<void>
}

export const PROJECT = fileURLToPath(new URL('../../', import.meta.url))

const AS_USER = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
const NAMESPACES = ['--net', '--mount']
const OWN_PIDS = ['--pid', '--fork', '--kill-child', '--mount-proc']

export interface LabOptions {
  /**
   * Without a pid namespace of its own, which exact capture refuses to work in: what is started in the lab ends with
   * it, and what that leaves behind is for who started it to end.
   */
  readonly sharesPids?: boolean
  /**
   * Its first process takes leave of whoever was left by its parent, as init does: Podman waits for that. Without, what
   * is started in the lab has process 1 above it.
   */
  readonly hasInit?: boolean
}

/** Of a shell: it waits for its own child, and meanwhile for those that it was given. */
const INIT = 'exec 3<&0; "$@" <&3 3<&- & exec 3<&-; wait $!'

/**
 * The outside's ranges are *routes* to the loopback interface and not addresses of it: a program that lists the
 * addresses of this host must not find them. `src` is what connections to them come from. IPv6 takes a listener there
 * only when told to (ip_nonlocal_bind).
 */
const SET_UP = `set -e
ip link set lo up
ip address add 198.51.100.2/32 dev lo
ip -6 address add 2001:db8:1::2/128 dev lo nodad
ip route add local 203.0.113.0/24 dev lo src 198.51.100.2
echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind
ip -6 route add local 2001:db8::/64 dev lo src 2001:db8:1::2
mount --bind "$1" "$(readlink -f /etc/resolv.conf)"
`

function underSetUp(
  resolv: string,
  command: readonly string[],
  { sharesPids = false }: LabOptions = {},
): string[] {
  return [
    ...AS_USER,
    ...NAMESPACES,
    ...(sharesPids ? [] : OWN_PIDS),
    '--',
    'sh',
    '-c',
    `${SET_UP}shift; exec "$@"`,
    'sh',
    resolv,
    ...command,
  ]
}

/** Null when a lab can be made here, else why not, to be part of a skipped test's name. */
export function labObstacle(): string | null {
  if (process.platform !== 'linux') return 'needs Linux namespaces'
  const folder = mkdtempSync(join(tmpdir(), 'mcpw-lab-'))
  try {
    const command = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', 'true']
    const tried = spawnSync('unshare', underSetUp(writeResolv(folder), command), {
      encoding: 'utf8',
      timeout: 10_000,
    })
    if (tried.status === 0) return null
    return `needs private namespaces: ${(tried.error?.message ?? tried.stderr).trim().split('\n')[0]}`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function writeResolv(folder: string): string {
  const file = join(folder, 'resolv.conf')
  writeFileSync(file, 'nameserver 203.0.113.53\noptions timeout:5\n', { mode: 0o644 })
  return file
}

export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), 'mcpw-lab-'))
  const hostScript = join(PROJECT, 'test/helpers/lab-host.mjs')
  const init = options.hasInit === true ? ['sh', '-c', INIT, 'sh'] : []
  const command = [...init, process.execPath, hostScript]
  const host = spawn('unshare', underSetUp(writeResolv(folder), command, options))
  let complaint = ''
  host.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  host.stdin.on('error', () => {})
  const ended = new Promise<void>((resolve) => host.once('close', () => resolve())).then(() =>
    rmSync(folder, { recursive: true, force: true }),
  )
  const channel = openChannel(host)
  const outside = await Promise.race([
    channel.ready,
    ended.then(() => Promise.reject(new Error(`the lab ended: ${complaint}`))),
  ])
  return {
    outside: outside as Outside,
    start: (command, args, options) => channel.start(command, args, options),
    signal: (pid, signal) => channel.signal(pid, signal),
    stop: async () => {
      host.stdin.end()
      await ended
    },
  }
}
