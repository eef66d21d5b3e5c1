/** Lets an engine look once, as it would while watching, and takes the time. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Doctor } from '../../shared/contract/doctor.ts'
import { McpWatchError } from '../../shared/errors.ts'
import type { Batch, WatchedProcess } from '../../shared/model/observation.ts'
import type { CaptureEngine, Clock } from '../ports.ts'

type Look = NonNullable<Doctor['engine']['look']>

const PATIENCE_MS = 8_000
const SETTLE_MS = 150

export async function oneLook(
  engine: CaptureEngine,
  watched: readonly WatchedProcess[],
  clock: Clock,
): Promise<Look> {
  const from = clock.monotonicMs()
  const ms = (): number => Math.round(clock.monotonicMs() - from)
  const look = await new Promise<Look>((resolve) => {
    const failed = (problem: string): void =>
      resolve({ ms: ms(), sockets: 0, complete: false, problem })
    const timer = setTimeout(() => failed('it did not end in time'), PATIENCE_MS)
    engine.start({
      prepare: async () => engine.watch(watched),
      accept: (batch) => {
        clearTimeout(timer)
        resolve({ ms: ms(), ...countOf(batch), problem: null })
      },
      fail: (error) => {
        clearTimeout(timer)
        failed(error instanceof McpWatchError ? error.message : 'an error of our own')
      },
    })
  })
  // What the kernel answers to the first questions is part of what an engine says of itself.
  if (look.problem === null) await sleep(SETTLE_MS)
  await engine.stop()
  return look
}

function countOf({ snapshots }: Batch): Pick<Look, 'sockets' | 'complete'> {
  return {
    sockets: snapshots.reduce((sum, { rows }) => sum + rows.length, 0),
    complete: snapshots.every(({ complete }) => complete),
  }
}
