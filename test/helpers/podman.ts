/**
 * Podman in a lab: storage, state and networks of its own below the home, all of which end with the lab. Its bridge is
 * in the lab's network, so that what a container connects to is the lab's outside, and nothing leaves the machine.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  asUser,
  type ContainerEngine,
  fillRoot,
  importing,
  newControlGroups,
  programsIn,
  serverWords,
} from './container-engine.ts'
import { type Lab, labObstacle } from './lab.ts'
import type { TempHome } from './temp-home.ts'
import { waitFor } from './wait-for.ts'

const RUNC = '/usr/sbin/runc'
const PLUGINS = '/usr/lib/cni'

/** Null when containers can be run here, else why not, to be part of a skipped test's name. */
export function podmanObstacle(): string | null {
  if (process.getuid?.() !== 0) return 'needs root'
  if (spawnSync('podman', ['--version']).status !== 0) return 'needs podman'
  if (!existsSync(RUNC)) return 'needs runc'
  if (!existsSync(join(PLUGINS, 'bridge'))) return 'needs the CNI plugins'
  return labObstacle()
}

/** `uid`: whose Podman it is, without root; left out: root's. Its service is for everybody at `socket`. */
export async function preparePodman(
  lab: Lab,
  home: TempHome,
  socket: string,
  uid?: number,
): Promise<ContainerEngine> {
  writeSettings(home, uid === undefined ? 'overlay' : 'vfs')
  const root = home.join('root')
  fillRoot(root)
  const { start, finish } = programsIn(lab, home)
  const as = asUser(uid)
  // Of the lab's own mount namespace: neither seen nor left anywhere else.
  const covers = ['/run/netns', '/run/runc', '/run/containers', '/var/lib/cni']
  const cover = covers.map((folder) => `mkdir -p ${folder}; mount -t tmpfs tmpfs ${folder}`)
  await finish(
    'sh',
    '-ec',
    [...cover, 'mount --bind "$0" /etc/containers'].join('\n'),
    settings(home),
  )
  if (uid !== undefined) {
    // Root's alone on many a machine without a desktop; what slirp4netns makes of it is in the lab.
    const tun = 'mknod "$0" c 10 200; chmod 666 "$0"; mount --bind "$0" /dev/net/tun'
    await finish('sh', '-ec', tun, home.join('tun'))
    await finish('chown', '-R', `${uid}:${uid}`, home.path)
  }
  const service = await start(...as, 'podman', 'system', 'service', '--time=0', `unix://${socket}`)
  await waitFor(() => existsSync(socket), {
    what: () => `podman's service (${service.stderr})`,
    deadlineMs: 20_000,
  })
  chmodSync(socket, 0o666)
  const groups = newControlGroups('libpod_parent')
  let images = 0
  return {
    command: 'podman',
    address: { CONTAINER_HOST: `unix://${socket}` },
    server: serverWords,
    run: (...args) => finish(...as, 'podman', ...args),
    makeImage: async (name) => {
      images += 1
      await finish(...as, 'sh', '-ec', importing('podman'), root, String(images), name)
    },
    end: async () => {
      const rm = ['podman', 'rm', '--force', '--all', '--time', '0']
      // One whose network another shares is only removed after that.
      const isBare = async (): Promise<boolean> => {
        await finish(...as, ...rm).catch(() => '')
        return (await finish(...as, 'podman', 'ps', '--all', '--quiet')).trim() === ''
      }
      await waitFor(isBare, { what: 'the containers are removed', deadlineMs: 30_000 })
      groups.remove()
    },
  }
}

const settings = (home: TempHome): string => home.join('etc-containers')

function writeSettings(home: TempHome, driver: string): void {
  cpSync('/etc/containers', settings(home), { recursive: true })
  mkdirSync(home.join('networks'))
  writeFileSync(
    join(settings(home), 'storage.conf'),
    `[storage]
driver = "${driver}"
graphroot = "${home.join('storage')}"
rootless_storage_path = "${home.join('storage')}"
runroot = "${home.join('run/storage')}"
`,
  )
  writeFileSync(
    join(settings(home), 'containers.conf'),
    `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
static_dir = "${home.join('run/static')}"
tmp_dir = "${home.join('run/tmp')}"
[engine.runtimes]
runc = ["${RUNC}"]
[network]
network_backend = "cni"
cni_plugin_dirs = ["${PLUGINS}"]
network_config_dir = "${home.join('networks')}"
`,
  )
}
