/** Processor time of a process to the nanosecond, without what it started. */
import { readdirSync, readFileSync } from 'node:fs'

/** In ms, of all its threads (schedstat of proc(5)); those that have ended are left out. */
export function threadsCpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  return threads.reduce((sum, thread) => sum + spentNs(pid, thread), 0) / 1e6
}

function spentNs(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  } catch {
    return 0
  }
}

/** In percent of one core. */
export async function coreShare(pid: number, during: () => Promise<unknown>): Promise<number> {
  const before = { cpu: threadsCpuMs(pid), at: performance.now() }
  await during()
  return ((threadsCpuMs(pid) - before.cpu) / (performance.now() - before.at)) * 100
}
