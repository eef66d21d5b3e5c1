/**
 * Starts programs in a scene, as its user: what a desktop session is on a real machine. JSON lines: requests on standard input,
 * answers and events on standard output. It ends when its standard input does.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const children = new Map()
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)

function start({ command, args, cwd, env, stdin = 'pipe' }) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: [stdin, 'pipe', 'pipe'],
    // A session each, as in a terminal of its own.
    detached: true,
  })
  child.on('error', () => {})
  if (child.pid === undefined) throw new Error(`${command} could not be started`)
  const { pid } = child
  children.set(pid, child)
  for (const stream of ['stdout', 'stderr'])
    child[stream].setEncoding('utf8').on('data', (data) => say({ event: stream, pid, data }))
  child.stdin?.on('error', () => {})
  child.on('close', (code, signal) => say({ event: 'close', pid, code: code ?? signal }))
  return { pid }
}

const operations = {
  start,
  signal: ({ pid, signal }) => ({ sent: process.kill(pid, signal) }),
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { id, operation, ...request } = JSON.parse(line)
    try {
      say({ id, ...operations[operation](request) })
    } catch (error) {
      say({ id, error: String(error) })
    }
  })
  .on('close', () => process.exit(0))
say({ event: 'ready' })
