/** Timers that keep no process alive. */

/** Calls again and again; the answer ends that. */
export type Every = (ms: number, call: () => void) => () => void

export function everyUnref(ms: number, call: () => void): () => void {
  const timer = setInterval(call, ms)
  timer.unref()
  return () => clearInterval(timer)
}

/** Goes on without it after that time; the work itself is not ended. */
export async function withLimit(work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs)
  })
  await Promise.race([work, limit])
  clearTimeout(timer)
}
