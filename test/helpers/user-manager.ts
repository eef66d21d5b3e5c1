/**
 * A real `systemd --user` in a lab, in a control group of its own. It knows no units but those it is told to make, and
 * is asked over its own socket, so that no message bus is needed.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Lab, labObstacle } from './lab.ts'
import type { LabProcess } from './lab-channel.ts'
import type { TempHome } from './temp-home.ts'
import { waitFor } from './wait-for.ts'

const SYSTEMD = '/usr/lib/systemd/systemd'

/** systemd starts no user's manager where the machine was booted by something else (sd_booted(3)). */
const LOOK_BOOTED = 'mount -t tmpfs none /run && mkdir -p /run/systemd/system'

/** Joins a control group and becomes the rest of its words. */
const JOIN = 'echo $$ > "$1/cgroup.procs" && shift && exec "$@"'

/** Runs a unit and is its standard input and output: `--pipe` of systemd-run(1) needs a message bus. */
const RELAY = `set -e
place=$1; shift
mkfifo "$place.in" "$place.out"
systemd-run --user --quiet --working-directory="$HOME" --property=KillMode=process \
  --property="StandardInput=file:$place.in" --property="StandardOutput=file:$place.out" -- "$@" &
cat "$place.out" &
exec cat > "$place.in"
`

/** As a desktop does: the shell is a service, and puts what it starts into a scope. */
const SCOPED = 'systemd-run --user --quiet --scope -- "$@"; exec sleep 1000'

export interface UserManager {
  readonly pid: number
  /** The words before those of a program that make a unit of it: a service that leaves others behind, or a scope. */
  around(unit: 'service' | 'scope'): readonly string[]
  /** Has it start a service; resolves when that runs, with its pid. One that forks leaves its first process. */
  serve(name: string, words: readonly string[], type?: 'simple' | 'forking'): Promise<number>
  /** Who is above a process. */
  parentOf(pid: number): Promise<number>
  /** Once the lab has ended. */
  clear(): Promise<void>
}

/** Null when one can run here, else why not, to be part of a skipped test's name. */
export function userManagerObstacle(): string | null {
  const obstacle = labObstacle()
  if (obstacle !== null) return obstacle
  if (!existsSync(SYSTEMD) || spawnSync('systemd-run', ['--version']).status !== 0)
    return 'needs systemd'
  const above = ownGroup()
  if (above === null) return 'needs control groups of version 2'
  try {
    const group = makeGroup(above)
    const { status } = spawnSync('sh', ['-c', JOIN, 'sh', group, 'true'])
    rmdirSync(group)
    return status === 0 ? null : 'needs a control group that it may move into'
  } catch {
    return 'needs a control group that it may make others in'
  }
}

/** When it cannot be started the lab ends, as the control group cannot be removed before. */
export async function startUserManager(lab: Lab, home: TempHome): Promise<UserManager> {
  const group = makeGroup(ownGroup() ?? '')
  try {
    return await startIn(group, lab, home)
  } catch (error) {
    await lab.stop()
    await removeGroup(group)
    throw error
  }
}

async function startIn(group: string, lab: Lab, home: TempHome): Promise<UserManager> {
  const env = { ...home.env, SYSTEMD_UNIT_PATH: home.join('units') }
  home.write('units/basic.target', '[Unit]\nDescription=all that there is\n')
  const run = async (words: readonly string[], privileged = false): Promise<string> => {
    const [command = '', ...args] = words
    const running = await lab.start(command, args, { env, cwd: home.path, privileged })
    const { code } = await running.exited(20_000)
    if (code !== 0) throw new Error(`"${words.join(' ')}" ended with ${code}: ${running.stderr}`)
    return running.stdout.trim()
  }
  await run(['sh', '-c', LOOK_BOOTED], true)
  const words = [SYSTEMD, '--user', '--unit=basic.target', '--log-target=console']
  const manager = await lab.start('sh', ['-c', JOIN, 'sh', group, ...words], { env })
  await isUp(manager, () => run(['systemctl', '--user', 'is-active', 'basic.target']))
  let units = 0
  return {
    pid: manager.pid,
    around: (unit) => {
      units += 1
      const relay = ['sh', '-c', RELAY, 'sh', home.join(`unit-${units}`)]
      return unit === 'service' ? relay : [...relay, 'sh', '-c', SCOPED, 'sh']
    },
    serve: async (name, line, type = 'simple') => {
      const service = ['--quiet', `--unit=${name}`, `--property=Type=${type}`, '--']
      const first = type === 'forking' ? ['sh', '-c', '"$@" &', 'sh'] : []
      await run(['systemd-run', '--user', ...service, ...first, ...line])
      const show = ['show', '--value', '--property=MainPID', name]
      return Number(await run(['systemctl', '--user', ...show]))
    },
    parentOf: async (pid) => Number(await run(['ps', '-o', 'ppid=', '-p', String(pid)])),
    clear: () => removeGroup(group),
  }
}

async function isUp(manager: LabProcess, ask: () => Promise<string>): Promise<void> {
  const asked = async (): Promise<boolean> => {
    if (manager.exit !== null) throw new Error(`systemd ended: ${manager.stderr}`)
    return ask().then(
      () => true,
      () => false,
    )
  }
  await waitFor(asked, {
    what: () => `the user's manager is up (${manager.stderr})`,
    deadlineMs: 20_000,
    everyMs: 100,
  })
}

/** The folder of our control group of version 2 (cgroups(7)); null where there is none to be seen. */
function ownGroup(): string | null {
  const path = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1]
  const mount = / \/ (\S+) .* - cgroup2 /.exec(readFileSync('/proc/self/mountinfo', 'utf8'))?.[1]
  return path === undefined || mount === undefined ? null : join(mount, path)
}

function makeGroup(above: string): string {
  return mkdtempSync(join(above, 'mcpw-'))
}

/** Its last processes may be on their way out still. */
async function removeGroup(group: string): Promise<void> {
  const groups = readdirSync(group, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted((a, b) => b.length - a.length)
  for (const each of [...groups, group])
    await waitFor(() => isRemoved(each), { what: `${each} is empty`, deadlineMs: 10_000 })
}

function isRemoved(group: string): boolean {
  try {
    rmdirSync(group)
    return true
  } catch {
    return !existsSync(group)
  }
}
