/** A /proc in memory: tests say what a process looks like and change it between samples. */
import type { LinkName, LinkTarget, ProcFiles } from '../../../daemon/processes/proc-files.ts'

export interface FakeProcess {
  readonly pid: number
  readonly ppid?: number
  readonly comm?: string
  readonly state?: string
  readonly flags?: number
  readonly threads?: number
  readonly startTicks?: number
  readonly vsize?: number
  readonly startStack?: number
  readonly argStart?: number
  readonly argv?: readonly string[]
  /** Overrides `argv`: the bytes of cmdline and the size of the argument area. */
  readonly cmdline?: string
  readonly areaBytes?: number
  readonly uid?: number
  readonly cgroup?: string
  /** A target, or DENIED or GONE. */
  readonly links?: Partial<Record<LinkName, string>>
}

export interface FakeProc extends ProcFiles {
  set(process: FakeProcess): void
  remove(pid: number): void
  /** How often each pid's stat was read. */
  readonly looks: Map<number, number>
  uptime: number
  /** Called before each read of a stat line: the moment at which a race can be put. */
  beforeStat: (pid: number) => void
}

export function createFakeProc(): FakeProc {
  const processes = new Map<number, FakeProcess>()
  const looks = new Map<number, number>()
  const fake: FakeProc = {
    looks,
    uptime: 1000,
    beforeStat: () => undefined,
    set: (process) => void processes.set(process.pid, process),
    remove: (pid) => void processes.delete(pid),
    pids: () => [...processes.keys()],
    uptimeSeconds: () => fake.uptime,
    bootId: () => 'b0071d00-1111-2222-3333-444455556666',
    read(pid, name) {
      if (name === 'stat') {
        fake.beforeStat(pid)
        looks.set(pid, (looks.get(pid) ?? 0) + 1)
      }
      const process = processes.get(pid)
      return process === undefined ? null : Buffer.from(content(process, name))
    },
    link(pid, name): LinkTarget {
      const process = processes.get(pid)
      const target = process?.links?.[name] ?? (process === undefined ? 'GONE' : DEFAULTS[name])
      if (target === 'DENIED') return { kind: 'denied' }
      return target === 'GONE' ? { kind: 'gone' } : { kind: 'target', target }
    },
  }
  return fake
}

const DEFAULTS: Record<LinkName, string> = {
  exe: '/usr/bin/node',
  cwd: '/home/dev',
  'fd/0': 'pipe:[11]',
  'fd/1': 'socket:[12]',
  'ns/net': 'net:[4026531840]',
}

function content(process: FakeProcess, name: 'stat' | 'status' | 'cmdline' | 'cgroup'): string {
  switch (name) {
    case 'stat':
      return printStat(process)
    case 'status': {
      const uid = process.uid ?? 1000
      return `Name:\t${process.comm ?? 'node'}\nUid:\t${uid}\t0\t0\t0\nGid:\t0\t0\t0\t0\n`
    }
    case 'cmdline':
      return cmdlineOf(process)
    case 'cgroup':
      return `1:name=systemd:/x\n0::${process.cgroup ?? '/user.slice'}\n`
  }
}

export function cmdlineOf(process: FakeProcess): string {
  return process.cmdline ?? (process.argv ?? ['node']).map((argument) => `${argument}\0`).join('')
}

/** One line as the kernel prints it, 52 fields. */
export function printStat(process: FakeProcess): string {
  const fields: (number | string)[] = Array.from({ length: 50 }, () => 0)
  const put = (number: number, value: number | string): void => {
    fields[number - 3] = value
  }
  put(3, process.state ?? 'S')
  put(4, process.ppid ?? 1)
  put(5, process.pid)
  put(6, process.pid)
  put(8, -1)
  put(9, process.flags ?? 4194304)
  put(20, process.threads ?? 1)
  put(22, process.startTicks ?? 500)
  put(23, process.vsize ?? 1_000_000)
  put(25, '18446744073709551615')
  put(28, process.startStack ?? 140_000_000_000_000)
  const argStart = process.argStart ?? 140_000_000_001_000
  const area = process.areaBytes ?? Buffer.byteLength(cmdlineOf(process))
  put(48, argStart)
  put(49, argStart === 0 ? 0 : argStart + area)
  return `${process.pid} (${process.comm ?? 'node'}) ${fields.join(' ')}\n`
}
