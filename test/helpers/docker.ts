/**
 * Docker in a lab: data and state of its own below the home, all of which end with the lab. Its bridge is in the lab's
 * network, so that what a container connects to is the lab's outside, and nothing leaves the machine.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync } from 'node:fs'
import {
  asUser,
  type ContainerEngine,
  fillRoot,
  importing,
  newControlGroups,
  type Programs,
  programsIn,
  removeIfEmpty,
  serverWords,
} from './container-engine.ts'
import { type Lab, labObstacle } from './lab.ts'
import type { TempHome } from './temp-home.ts'
import { waitFor } from './wait-for.ts'

const CONTROL_GROUP = 'mcpw-docker'
const AS_ROOT = [
  '--exec-opt',
  'native.cgroupdriver=cgroupfs',
  '--cgroup-parent',
  `/${CONTROL_GROUP}`,
]
const ROOTLESS = '/usr/share/docker.io/contrib/dockerd-rootless.sh'
/** The first of the numbers of users that somebody without root may give to others (subuid(5)). */
const FIRST_NUMBER = 700_000

/** Null when Docker can be run here, else why not, to be part of a skipped test's name. */
export function dockerObstacle(): string | null {
  if (process.getuid?.() !== 0) return 'needs root'
  for (const program of ['dockerd', 'containerd', 'docker', 'iptables'])
    if (spawnSync(program, ['--version']).status !== 0) return `needs ${program}`
  return labObstacle()
}

/** The same for Docker without root. */
export function rootlessDockerObstacle(): string | null {
  for (const program of ['rootlesskit', 'slirp4netns', 'newuidmap'])
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `needs ${program}`
  return existsSync(ROOTLESS) ? dockerObstacle() : 'needs dockerd-rootless.sh'
}

/** `uid`: whose Docker it is, without root; left out: root's. Its socket is for everybody at `socket`. */
export async function prepareDocker(
  lab: Lab,
  home: TempHome,
  socket: string,
  uid?: number,
): Promise<ContainerEngine> {
  const root = home.join('root')
  fillRoot(root)
  const address = { DOCKER_HOST: `unix://${socket}` }
  const { start, finish } = programsIn(lab, home, address)
  const groups = newControlGroups(CONTROL_GROUP)
  const madeHere = COVERED_FOLDERS.filter((folder) => !existsSync(folder))
  if (uid !== undefined) await makeRootless(home, uid, finish)
  const daemon = await start(
    'sh',
    '-ec',
    COVERED,
    ...(uid === undefined ? ['dockerd'] : [...asUser(uid), ROOTLESS]),
    ...optionsOf(home, socket, uid),
  )
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
      // Covered in the lab alone: outside they are empty, and that keeps none of them.
      for (const folder of madeHere) removeIfEmpty(folder)
    },
  }
}

/** Folders that Docker and containerd have a fixed place for. */
const COVERED_FOLDERS = ['/run/containerd', '/run/docker', '/etc/docker', '/opt/containerd']

/** They are of the lab's own mount namespace; what they are mounted on is not. */
const COVERED = `
for folder in ${COVERED_FOLDERS.join(' ')}; do
  mkdir -p "$folder"
  mount -t tmpfs tmpfs "$folder"
done
exec "$0" "$@"`

/** Numbers of users for it to give, and the device that its network is made with: in the lab alone. */
async function makeRootless(
  home: TempHome,
  uid: number,
  finish: Programs['finish'],
): Promise<void> {
  const name = (await finish('id', '--user', '--name', String(uid))).trim()
  const numbers = home.write('subid', `${name}:${FIRST_NUMBER}:65536\n`)
  const bind = `for file in /etc/subuid /etc/subgid; do mount --bind "$0" "$file"; done
mknod "$1" c 10 200; chmod 666 "$1"; mount --bind "$1" /dev/net/tun`
  await finish('sh', '-ec', bind, numbers, home.join('tun'))
  await finish('chown', '-R', `${uid}:${uid}`, home.path)
}

/** dockerd(8). The limits of a container are raised to its own by default, which the tester may not do. */
function optionsOf(home: TempHome, socket: string, uid: number | undefined): string[] {
  return [
    `--host=unix://${socket}`,
    `--data-root=${home.join('docker')}`,
    `--exec-root=${home.join('run/docker')}`,
    `--pidfile=${home.join('run/docker.pid')}`,
    '--default-ulimit=nofile=1024:1024',
    '--default-ulimit=nproc=1000:1000',
    ...(uid === undefined ? AS_ROOT : ['--storage-driver=vfs']),
  ]
}
