/** Waiting for something that happens elsewhere. */
import { setTimeout as delay } from 'node:timers/promises'

const POLL_MS = 20

/** Throws with `what` when it is not so within the time. */
export async function waitUntil(
  isSo: () => boolean,
  what: string,
  deadlineMs: number,
): Promise<void> {
  const until = performance.now() + deadlineMs
  while (!isSo()) {
    if (performance.now() > until) throw new Error(`it was not so in ${deadlineMs} ms: ${what}`)
    await delay(POLL_MS)
  }
}
