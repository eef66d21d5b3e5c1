/** `mcp-watch demo`: shows on two servers of its own that an unexpected connection is noticed on this machine. */
import { ERROR_CODES, type ExitCode } from '../../shared/errors.ts'
import { runDemo } from '../demo/run-demo.ts'
import { QUIET, SNEAKY } from '../demo/stage.ts'
import type { Io } from '../io.ts'
import { lookOf } from '../look.ts'
import { renderDemoBegin, renderDemoEnd } from '../render/demo.ts'
import { renderEvent } from '../render/live.ts'

const FAILED: ExitCode = ERROR_CODES.DEMO_FAILED

/** 0 only if the one that misbehaved was flagged and the other was not, else 4. */
export async function demo(io: Io): Promise<ExitCode> {
  const names = { quiet: QUIET, sneaky: SNEAKY }
  const end = new AbortController()
  const stopListening = io.onSignal(() => {
    // The second one does not wait for anything.
    if (end.signal.aborted) io.exit(FAILED)
    end.abort()
  })
  try {
    const { fault } = await runDemo({
      entry: await io.entry(),
      misbehaves: true,
      abort: end.signal,
      onBegin: (begin) => io.out(renderDemoBegin({ ...begin, ...names }, lookOf(io))),
      onEvent: (event) => {
        const text = event.event === 'configuration' ? null : renderEvent(event, lookOf(io))
        if (text !== null) io.out(`${text}\n`)
      },
    })
    io.out(renderDemoEnd({ ...names, fault }, lookOf(io)))
    return fault === null ? 0 : FAILED
  } finally {
    stopListening()
  }
}
