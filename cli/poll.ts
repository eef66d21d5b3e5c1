/** Waits for what nothing tells about. */
import { setTimeout as pause } from 'node:timers/promises'

const STEP_MS = 50

/** Asks again and again; false when `patienceMs` went by without a yes. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  patienceMs: number,
): Promise<boolean> {
  const deadline = performance.now() + patienceMs
  while (!(await condition())) {
    if (performance.now() >= deadline) return false
    await pause(STEP_MS)
  }
  return true
}
