/** Whether a process that an engine names is the container's, under this kernel. */
import { readlinkSync, statSync } from 'node:fs'
import { release } from 'node:os'
import { readSmallFile } from './small-file.ts'

/** What the kernel tells, as far as it is needed here. */
export interface Kernel {
  /** False where there are no control groups: nothing runs under this kernel there. */
  readonly isLinux: boolean
  /** As uname(2) tells it. */
  readonly release: string
  /** A file below /proc; null where it cannot be read. */
  readonly read: (path: string) => string | null
  readonly isAlive: (pid: number) => boolean
  /** The file that runs; null where that may not be asked. */
  readonly program: (pid: number) => Program | null
}

export interface Program {
  readonly path: string
  /** Whose file it is. */
  readonly uid: number
  readonly mode: number
}

/**
 * `hidden`: it does not show, but nor does process 1, so that nothing follows (proc(5), hidepid). `none`: there is no
 * such process, or it is somebody else's.
 */
export type Sight = 'own' | 'none' | 'hidden'

const MAX_PROC_BYTES = 1024 * 1024

export function thisKernel(): Kernel {
  return {
    isLinux: process.platform === 'linux',
    release: release(),
    read: (path) => readSmallFile(path, MAX_PROC_BYTES),
    program(pid) {
      try {
        const { uid, mode } = statSync(`/proc/${pid}/exe`)
        return { path: readlinkSync(`/proc/${pid}/exe`), uid, mode }
      } catch {
        return null
      }
    },
    isAlive(pid) {
      try {
        process.kill(pid, 0)
        return true
      } catch (error) {
        return error instanceof Error && 'code' in error && error.code === 'EPERM'
      }
    },
  }
}

/**
 * A container has control groups that bear its number (cgroups(7)); where an engine may make none, as some without
 * root, its monitor has the number on its command line.
 */
export function sightOf(kernel: Kernel, id: string, pid: number): Sight {
  const groups = kernel.read(`/proc/${pid}/cgroup`)
  if (groups === null) return kernel.read('/proc/1/cgroup') === null ? 'hidden' : 'none'
  return bearsNumber(groups, id) || monitorNames(kernel, id, pid) ? 'own' : 'none'
}

/** The number by itself: not as a part of a longer one. */
export function bearsNumber(groups: string, id: string): boolean {
  return groups.split(/[^0-9a-f]+/).includes(id)
}

function monitorNames(kernel: Kernel, id: string, pid: number): boolean {
  // The name in brackets can hold anything, also brackets (proc_pid_stat(5)).
  const stat = kernel.read(`/proc/${pid}/stat`)
  const parent = /^\S+ (\d+) /.exec(stat?.slice(stat.lastIndexOf(')') + 2) ?? '')?.[1]
  if (parent === undefined || parent === '0') return false
  const argv = kernel.read(`/proc/${parent}/cmdline`)?.split('\0') ?? []
  return argv.includes(id) && isMonitor(kernel, Number(parent), argv[0] ?? '')
}

const MONITOR = /(?:^|\/)(?:conmon|containerd-shim[\w-]*)$/

/**
 * Any program can call itself a monitor. It is one if root runs it, or if what runs is a file of root's that nobody else
 * can write.
 */
export function isMonitor(kernel: Kernel, pid: number, name: string): boolean {
  if (!MONITOR.test(name)) return false
  if (userOf(kernel, pid) === 0) return true
  const program = kernel.program(pid)
  return (
    program !== null &&
    program.uid === 0 &&
    (program.mode & 0o022) === 0 &&
    MONITOR.test(program.path.replace(/ \(deleted\)$/, ''))
  )
}

/**
 * The user of a process, null where its user ids differ, as under a setuid program, whose words are those of who ran it.
 * The owner of its folder in /proc says less: that is root where a process made itself unreadable (proc(5)).
 */
export function userOf(kernel: Kernel, pid: number): number | null {
  const ids = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)$/m.exec(kernel.read(`/proc/${pid}/status`) ?? '')
  if (ids === null) return null
  const [first, ...others] = ids.slice(1)
  return others.every((each) => each === first) ? Number(first) : null
}
