#!/usr/bin/env node
/** The program. Nothing but the version check and a list of options is loaded before it is known that this Node can load the rest. */
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { LATE_FLAGS } from '../shared/node-flags.ts'
import { nodeRefusal } from './node-version.ts'

const refusal = nodeRefusal(process.versions.node)
if (refusal === null) {
  // Before anything is loaded: what is compiled or grown by then stays.
  if (process.argv[2] === 'start') for (const flag of LATE_FLAGS) setFlagsFromString(flag)
  const { main } = await import('./process-io.ts')
  await main(fileURLToPath(import.meta.url))
} else {
  process.stderr.write(`mcp-watch: ${refusal}\n`)
  process.exitCode = 4
}
