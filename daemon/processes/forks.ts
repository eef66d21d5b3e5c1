/**
 * Whether any process was started lately, where the kernel tells no events: the last field of /proc/loadavg is the pid
 * given last (proc(5)). One small file in place of a listing of all processes.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../ports.ts'

export interface Forks {
  /** True when one was started since it was last said; looked at now and then. */
  happened(): boolean
}

const LOOK_EVERY_MS = 500

export function createForks({
  procRoot = '/proc',
  clock,
}: {
  readonly procRoot?: string
  readonly clock: Pick<Clock, 'monotonicMs'>
}): Forks {
  const path = join(procRoot, 'loadavg')
  let last: number | null = null
  let lookedAt = Number.NEGATIVE_INFINITY
  return {
    happened() {
      const now = clock.monotonicMs()
      if (now - lookedAt < LOOK_EVERY_MS) return false
      lookedAt = now
      const pid = lastPid(path)
      // Where it cannot be told it is taken to have happened.
      const isNew = pid === null || pid !== last
      last = pid
      return isNew
    },
  }
}

function lastPid(path: string): number | null {
  try {
    return parseLastPid(readFileSync(path, 'latin1'))
  } catch {
    return null
  }
}

/** `0.20 0.18 0.12 1/80 11206` gives 11206; null for anything else. */
export function parseLastPid(text: string): number | null {
  const match = /^[\d.]+ [\d.]+ [\d.]+ \d+\/\d+ (\d{1,10})\n?$/.exec(text)
  return match?.[1] === undefined ? null : Number(match[1])
}
