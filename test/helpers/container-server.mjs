/**
 * An MCP server without dependencies, to be put into an image: answers what a client asks at the start, and connects.
 *
 * usage: container-server.mjs AIM [HOLD_MS [LOG]], where AIM is HOST:PORT or the path of a file that has it; it is
 * connected to again and again, each time held so long (left out: for ever). LOG gets the wall time at which each was begun.
 */
import { appendFileSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

const AGAIN_MS = 300
const [aim = '', hold = '', log = ''] = process.argv.slice(2)
const place = aim.startsWith('/') ? readFileSync(aim, 'utf8').trim() : aim
const [, host, port] = /^(.*):(\d+)$/.exec(place) ?? []

function open() {
  const at = Date.now()
  const socket = connect(Number(port), host)
  socket.on('connect', () => {
    if (log !== '') appendFileSync(log, `${at}\n`)
    if (hold !== '') setTimeout(() => socket.destroy(), Number(hold))
  })
  socket.on('error', () => {})
  socket.on('close', () => setTimeout(open, AGAIN_MS))
}

const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'container-server', version: '1.0.0' },
  }),
  'tools/list': () => ({ tools: [] }),
  ping: () => ({}),
}

// It goes on when its client is gone, as servers do that keep a connection open.
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  const answer = answers[method]
  if (id === undefined || answer === undefined) return
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: answer(params ?? {}) })}\n`)
})
process.stdout.on('error', () => {})
if (place !== '') open()
setInterval(() => {}, 60_000)
