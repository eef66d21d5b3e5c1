/** What a process costs, as the kernel counts it (proc(5)). */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** USER_HZ, constant on every architecture that Node runs on (time(7)). */
const MS_PER_TICK = 10

/** User and system time of a process and of its children that ended, in milliseconds. */
export function cpuMs(pid: number | 'self'): number {
  const fields = statFields(pid)
  const ticks = [14, 15, 16, 17].map((number) => Number(fields[number - 3]))
  return ticks.reduce((sum, each) => sum + each, 0) * MS_PER_TICK
}

function statFields(pid: number | 'self'): readonly string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Resident memory in MiB. */
export function residentMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) / 1024
}

/** Processor time of one run of a plain tool, over many runs because the kernel counts in hundredths. */
export function toolCpuMs(command: string, args: readonly string[], runs: number): number {
  const children = (): number => {
    const fields = statFields('self')
    return (Number(fields[13]) + Number(fields[14])) * MS_PER_TICK
  }
  const before = children()
  for (let run = 0; run < runs; run += 1) spawnSync(command, args, { stdio: 'ignore' })
  return (children() - before) / runs
}

/** The value that so large a part of the others is not above; NaN of nothing. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
