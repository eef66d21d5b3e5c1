/**
 * Docker in a lab: data and state of its own below the home, all of which end with the lab. Its bridge is in the lab's
 * network, so that what a container connects to is the lab's outside, and nothing leaves the machine.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import {
  type ContainerEngine,
  fillRoot,
  importing,
  newControlGroups,
  serverWords,
} from './container-engine.ts'
import { type Lab, labObstacle } from './lab.ts'
import type { LabProcess } from './lab-channel.ts'
import type { TempHome } from './temp-home.ts'
import { waitFor } from './wait-for.ts'

const CONTROL_GROUP = 'mcpw-docker'

/** Null when Docker can be run here, else why not, to be part of a skipped test's name. */
export function dockerObstacle(): string | null {
  if (process.getuid?.() !== 0) return 'needs root'
  for (const program of ['dockerd', 'containerd', 'docker', 'iptables'])
    if (spawnSync(program, ['--version']).status !== 0) return `needs ${program}`
  return labObstacle()
}

/** Its socket is for everybody at `socket`. */
export async function prepareDocker(
  lab: Lab,
  home: TempHome,
  socket: string,
): Promise<ContainerEngine> {
  const root = home.join('root')
  fillRoot(root)
  const address = { DOCKER_HOST: `unix://${socket}` }
  const start = (...words: readonly string[]): Promise<LabProcess> => {
    const [command = '', ...args] = words
    const env = { ...home.env, ...address }
    return lab.start(command, args, { env, cwd: home.path, privileged: true })
  }
  const finish = async (...words: readonly string[]): Promise<string> => {
    const running = await start(...words)
    const { code } = await running.exited(60_000)
    if (code !== 0) throw new Error(`${words.join(' ')}: ${running.stderr}`)
    return running.stdout
  }
  const groups = newControlGroups(CONTROL_GROUP)
  const daemon = await start('sh', '-ec', COVERED, 'dockerd', ...optionsOf(home, socket))
  await waitFor(
    () =>
      finish('docker', 'version').then(
        () => true,
        () => daemon.exit !== null,
      ),
    {
      what: () => `dockerd (${daemon.stderr.slice(-2000)})`,
      deadlineMs: 60_000,
    },
  )
  if (daemon.exit !== null) throw new Error(`dockerd ended: ${daemon.stderr.slice(-2000)}`)
  chmodSync(socket, 0o666)
  let images = 0
  return {
    command: 'docker',
    address,
    server: serverWords,
    run: (...args) => finish('docker', ...args),
    makeImage: async (name) => {
      images += 1
      await finish('sh', '-ec', importing('docker'), root, String(images), name)
    },
    end: async () => {
      const ids = (await finish('docker', 'ps', '--all', '--quiet')).split('\n').filter(Boolean)
      if (ids.length > 0) await finish('docker', 'rm', '--force', ...ids).catch(() => '')
      await daemon.signal('SIGTERM')
      await daemon.exited(30_000)
      groups.remove()
    },
  }
}

/** Folders that Docker and containerd have a fixed place for, of the lab's own mount namespace. */
const COVERED = `
for folder in /run/containerd /run/docker /etc/docker /opt/containerd; do
  mkdir -p "$folder"
  mount -t tmpfs tmpfs "$folder"
done
exec "$0" "$@"`

/** dockerd(8). The limits of a container are raised to its own by default, which the tester may not do. */
function optionsOf(home: TempHome, socket: string): string[] {
  return [
    ...['--host', `unix://${socket}`],
    ...['--data-root', home.join('docker')],
    ...['--exec-root', home.join('run/docker')],
    ...['--pidfile', home.join('run/docker.pid')],
    ...['--exec-opt', 'native.cgroupdriver=cgroupfs'],
    ...['--cgroup-parent', `/${CONTROL_GROUP}`],
    ...['--default-ulimit', 'nofile=1024:1024', '--default-ulimit', 'nproc=1000:1000'],
  ]
}
