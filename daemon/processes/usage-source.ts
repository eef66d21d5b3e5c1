/** Processor share and memory of processes, by pidusage. */
import pidusage from 'pidusage'
import type { Clock, Usage, UsageSource } from '../ports.ts'

/**
 * pidusage keeps a descriptor of each process it measured until that long after the last question. Its `clear()`
 * forgets them without closing them, so it is not called: what is no longer asked for expires by itself.
 */
const KEPT_MS = 60_000
/** Asking for a process that is gone keeps its stale entry alive; rest until it must have expired (checked each KEPT_MS / 2). */
const REST_MS = 2 * KEPT_MS

/**
 * pidusage writes to standard error what it misses (getconf(1), /proc/uptime), where the live table is; it goes on with
 * the usual values, as it should.
 */
function silencePidusage(): void {
  process.env['PIDUSAGE_SILENT'] ??= '1'
}

export type MeasureProcess = (
  pid: number,
  options: { readonly maxage: number },
) => Promise<{ readonly cpu: number; readonly memory: number }>

/** The share is since the question before, 0 at the first one. `measure` is pidusage, but for tests. */
export function createUsageSource(
  clock: Pick<Clock, 'monotonicMs'>,
  measure: MeasureProcess = (pid, options) => pidusage(pid, options),
): UsageSource {
  silencePidusage()
  const restingUntil = new Map<number, number>()
  let last: Promise<unknown> = Promise.resolve()

  const measureAll = async (pids: readonly number[]): Promise<ReadonlyMap<number, Usage>> => {
    const now = clock.monotonicMs()
    for (const [pid, until] of restingUntil) if (until <= now) restingUntil.delete(pid)
    const asked = [...new Set(pids)].filter((pid) => !restingUntil.has(pid))
    const answers = await Promise.allSettled(asked.map((pid) => measure(pid, { maxage: KEPT_MS })))
    const usage = new Map<number, Usage>()
    for (const [index, pid] of asked.entries()) {
      const answer = answers[index]
      if (answer?.status === 'fulfilled') usage.set(pid, toUsage(answer.value))
      else restingUntil.set(pid, now + REST_MS)
    }
    return usage
  }
  return {
    usage(pids) {
      // One after the other: two first questions for one pid at once would open two descriptors and keep one.
      const answer = last.then(() => measureAll(pids))
      last = answer.catch(() => undefined)
      return answer
    },
  }
}

function toUsage(value: { readonly cpu: number; readonly memory: number }): Usage {
  const whole = (number: number): number => (Number.isFinite(number) && number > 0 ? number : 0)
  return { cpuPercent: whole(value.cpu), memoryBytes: Math.round(whole(value.memory)) }
}
