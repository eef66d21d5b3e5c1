#!/usr/bin/env node
/** The program. Nothing but the version check is loaded before it is known that this Node can load the rest. */
import { fileURLToPath } from 'node:url'
import { nodeRefusal } from './node-version.ts'

const refusal = nodeRefusal(process.versions.node)
if (refusal === null) {
  const { main } = await import('./process-io.ts')
  await main(fileURLToPath(import.meta.url))
} else {
  process.stderr.write(`mcp-watch: ${refusal}\n`)
  process.exitCode = 4
}
