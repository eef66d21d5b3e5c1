/**
 * Start times as /proc counts them (clock ticks since boot, time spent suspended included) from the kernel's event times
 * (CLOCK_MONOTONIC, suspended time left out). The same event gives the same ticks each time, so that a process which is
 * known by its events alone keeps its key.
 */

/** Ticks of a time in ns of CLOCK_MONOTONIC; null where they cannot be told. */
export type TicksOf = (atNs: number | undefined) => number | null

/** USER_HZ: a constant of the kernel's interface on every architecture Node runs on (time(7)). */
export const TICKS_PER_SECOND = 100
const NS = 1e9
/** The uptime is cut to whole ticks; it is taken for the later end, for no child starts before its parent. */
const RESOLUTION_NS = NS / TICKS_PER_SECOND
/** The two clocks are read one after the other, now and then with a pause between: less than this is no sleep. */
const TOLERANCE_NS = 0.1 * NS

/** The answer is asked with the uptime in seconds, null where that is not told, and CLOCK_MONOTONIC of the same moment. */
export function createForkStamps(): (uptime: number | null, nowNs: number) => TicksOf {
  let sleptNs = 0
  return (uptime, nowNs) => {
    if (uptime === null) return () => null
    const measured = uptime * NS + RESOLUTION_NS - nowNs
    if (Math.abs(measured - sleptNs) > TOLERANCE_NS) sleptNs = measured
    return (atNs) =>
      atNs === undefined ? null : Math.floor(((atNs + sleptNs) / NS) * TICKS_PER_SECOND)
  }
}
