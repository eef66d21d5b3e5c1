/** What the system around this process is: WSL, a container, control groups, a network of its own. Total. */
import type { CONTAINERS, Facts } from '../../shared/contract/doctor.ts'
import { hidesProcesses } from '../../shared/linux/hidepid.ts'

/** How files of the system are asked; both answer null for what is not there or may not be read. */
export interface SystemFiles {
  /** At most the first 256 KiB. */
  readonly read: (path: string) => string | null
  readonly link: (path: string) => string | null
}

type Container = (typeof CONTAINERS)[number]

export function surroundings(
  platform: 'linux' | 'darwin',
  files: SystemFiles,
): { readonly kernel: string | null; readonly system: Facts['system'] } {
  if (platform !== 'linux') return { kernel: null, system: ELSEWHERE }
  const kernel = files.read('/proc/sys/kernel/osrelease')?.trim() ?? null
  const mounts = files.read('/proc/self/mountinfo')
  const netns = files.link('/proc/self/ns/net')
  const initial = files.link('/proc/1/ns/net')
  return {
    kernel: kernel === null ? null : kernel.replace(/[^\w.+-]/g, '').slice(0, 80),
    system: {
      wsl: kernel !== null && /microsoft/i.test(kernel),
      container: containerOf(files),
      cgroup2: mounts === null ? null : / - cgroup2 /.test(mounts),
      hiddenProcesses: mounts !== null && hidesProcesses(mounts),
      netns: netns !== null && /^net:\[\d+\]$/.test(netns) ? netns : null,
      netnsOfInit: netns === null || initial === null ? null : netns === initial,
    },
  }
}

const ELSEWHERE: Facts['system'] = {
  wsl: false,
  container: null,
  cgroup2: null,
  hiddenProcesses: false,
  netns: null,
  netnsOfInit: null,
}

function containerOf({ read }: SystemFiles): Container | null {
  if (read('/run/.containerenv') !== null) return 'podman'
  if (read('/.dockerenv') !== null) return 'docker'
  // https://systemd.io/CONTAINER_INTERFACE: the manager's name, in a file that only exists in containers.
  const manager = read('/run/systemd/container')?.trim()
  const groups = read('/proc/1/cgroup') ?? ''
  if (/kubepods/.test(groups)) return 'kubernetes'
  if (manager === 'docker' || /\/docker[/-]/.test(groups)) return 'docker'
  if (manager === 'podman' || /libpod/.test(groups)) return 'podman'
  if (manager?.startsWith('lxc') || /\/lxc/.test(groups)) return 'lxc'
  return manager === undefined || manager === '' || manager === 'wsl' ? null : 'other'
}
