#!/usr/bin/env node
/** An MCP server that takes its time: it reports itself to the recorder, answers late, and ends after a minute. */
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const SELF = ''
const TITLE = null
const LATE_MS = 40_000
const LIFE_MS = 90_000
const { pid, argv } = process
if (TITLE !== null) process.title = TITLE
writeFileSync(`/run/mcp-record/${pid}`, JSON.stringify({ pid, self: SELF, args: argv.slice(2) }))
setTimeout(() => process.exit(0), LIFE_MS)

const results = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'recorded', version: '1.0.0' },
  }),
  'tools/list': () => ({ tools: [] }),
}
// The end of its standard input does not end it: many servers are like that, and so they are left over.
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  const result = results[method]?.(params ?? {})
  if (id === undefined || result === undefined) return
  setTimeout(() => console.log(JSON.stringify({ jsonrpc: '2.0', id, result })), LATE_MS)
})
