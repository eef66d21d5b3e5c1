/** The demo with its connection switched off, from the built program. Prints what came of it as one JSON line. */
import { runDemo } from '../../dist/cli/demo/run-demo.js'
import * as entry from '../../dist/daemon/entry.js'

const events = []
const { fault, outcome } = await runDemo({
  entry,
  misbehaves: false,
  abort: new AbortController().signal,
  onBegin: () => undefined,
  onEvent: (event) => events.push(event.event),
})
const { noticed, flagged } = outcome
process.stdout.write(
  `${JSON.stringify({ fault, noticed: [...noticed], flagged: [...flagged], events })}\n`,
)
