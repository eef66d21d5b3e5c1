/** A process' CPU time by its clock: one call, no file, no privilege, and no change while the process rests. */
import type { Libc } from './libc.ts'

/** Process clocks: the complement of the number, three bits up; 2 means all time by the scheduler's count. */
const CPU_CLOCK = 2
/** PID_MAX_LIMIT of 64-bit kernels, proc_sys_kernel(5). */
const MAX_PID = 4_194_304

/** Gives ns; exact to 2^53, which is 104 days of CPU time, and to a few ns beyond. */
export function createCpuClock(libc: Libc): (pid: number) => number | null {
  // struct timespec of a 64-bit little-endian system, one for all calls: seconds in word 0, ns in word 2.
  const time = new Uint32Array(4)
  const { clockGettime } = libc
  return (pid) => {
    // 0 is the caller itself, which nobody means.
    if (!Number.isInteger(pid) || pid <= 0 || pid > MAX_PID) return null
    if (clockGettime((~pid << 3) | CPU_CLOCK, time) !== 0) return null
    return (time[0] ?? 0) * 1e9 + (time[2] ?? 0)
  }
}
