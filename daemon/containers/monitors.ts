/** Looks for the monitors of Podman's containers among the processes. Never on a hot path: it reads all their names. */
import { readdir } from 'node:fs/promises'
import { uptime } from 'node:os'
import type { EpochMs } from '../../shared/model/ids.ts'
import { containerOfMonitor, type Monitored, monitorOf } from './conmon.ts'
import type { Source } from './merge.ts'
import { bearsNumber, isMonitor, type Kernel, userOf } from './sight.ts'
import { type ReadSmallFile, readSmallFile } from './small-file.ts'

export interface Monitors {
  held(): Source['held']
  /** Calls back when there is one more or less. */
  look(): Promise<void>
  /** True when one of them has ended. */
  checkAlive(): boolean
  clear(): void
}

export interface MonitorsDeps {
  readonly kernel: Kernel
  /** Whose monitors are believed: anybody can call a process conmon. */
  readonly uids: ReadonlySet<number>
  readonly onChange: () => void
  readonly read?: ReadSmallFile
}

const MOST_MONITORS = 1000
const MAX_PID_BYTES = 32
/** Then others have a turn: each name costs some 10 µs. */
const AT_ONCE = 100

export function createMonitors(deps: MonitorsDeps): Monitors {
  const { kernel, uids, onChange, read = readSmallFile } = deps
  /** By the monitor's pid. */
  let known = new Map<number, Monitored>()
  let isCleared = false
  let looking: Promise<void> | null = null

  const lookOnce = async (): Promise<void> => {
    if (!kernel.isLinux) return
    isCleared = false
    const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
    const found = new Map<number, Monitored>()
    for (const [index, pid] of pids.entries()) {
      if (index % AT_ONCE === AT_ONCE - 1) await new Promise((resolve) => setImmediate(resolve))
      if (kernel.read(`/proc/${pid}/comm`) !== 'conmon\n' || found.size >= MOST_MONITORS) continue
      const seen = readMonitor(Number(pid))
      if (seen !== null) found.set(Number(pid), seen)
    }
    if (isCleared) return
    const isSame =
      found.size === known.size && [...found].every(([pid, one]) => known.get(pid) === one)
    known = found
    if (!isSame) onChange()
  }

  /** One at a time: an older look must not have the last word. */
  const look = async (): Promise<void> => {
    looking ??= lookOnce().finally(() => {
      looking = null
    })
    await looking
  }

  const readMonitor = (pid: number): Monitored | null => {
    const monitor = monitorOf(kernel.read(`/proc/${pid}/cmdline`)?.split('\0') ?? [])
    if (monitor === null) return null
    const before = known.get(pid)
    if (before?.container.id === monitor.id && kernel.isAlive(before.container.pid ?? 0))
      return before
    const user = userOf(kernel, pid)
    if (user === null || !uids.has(user) || !isMonitor(kernel, pid, 'conmon')) return null
    const children = kernel.read(`/proc/${pid}/task/${pid}/children`)?.trim().split(' ') ?? []
    // Until the first process is there, the only child is the runtime that makes it.
    const init =
      children.find((child) =>
        bearsNumber(kernel.read(`/proc/${child}/cgroup`) ?? '', monitor.id),
      ) ?? children.find((child) => child === toldIn(monitor.pidFile))
    if (init === undefined) return null
    const startedAt = startOf(pid)
    if (startedAt === null) return null
    return containerOfMonitor(monitor, Number(init), startedAt, read)
  }

  /** Where no control groups can be made, as often without root, the runtime's word is all there is. */
  const toldIn = (pidFile: string | null): string | null =>
    pidFile === null ? null : (read(pidFile, MAX_PID_BYTES)?.trim() ?? null)

  /** Field 22 counts ticks of 10 ms since boot (proc_pid_stat(5)). */
  const startOf = (pid: number): EpochMs | null => {
    const text = kernel.read(`/proc/${pid}/stat`) ?? ''
    const ticks = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? Number.NaN)
    return Number.isFinite(ticks) ? Math.round(Date.now() - uptime() * 1000 + ticks * 10) : null
  }

  return {
    held() {
      const all = [...known.values()]
      const idAt = new Map(all.map(({ container }) => [container.pid, container.id]))
      return all.map(({ container, joinsPid }) => ({
        container,
        joins: joinsPid === null ? null : (idAt.get(joinsPid) ?? null),
      }))
    },
    look,
    checkAlive() {
      const ended = [...known].filter(([, { container }]) => !kernel.isAlive(container.pid ?? 0))
      if (ended.length === 0) return false
      known = new Map([...known].filter((each) => !ended.includes(each)))
      onChange()
      return true
    },
    clear() {
      isCleared = true
      known = new Map()
    },
  }
}
