/**
 * The first process of a lab (see lab.ts): serves the lab's "outside" and starts programs in it. Plain JavaScript, as
 * Node 20 runs it without a build. Speaks JSON lines: requests on stdin, answers and events on stdout.
 * When stdin ends it ends, and as it is process 1 of its own pid namespace the kernel ends all others with it.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { startOutside } from './lab-outside.mjs'

const children = new Map()
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)

/** Without capabilities, as on a developer's machine: what the kernel hides from a plain user is hidden here too. */
const PLAIN = ['--bounding-set=-all', '--inh-caps=-all', '--']

function start({ command, args, env, cwd, privileged }) {
  const child = privileged
    ? spawn(command, args, { env, cwd })
    : spawn('setpriv', [...PLAIN, command, ...args], { env, cwd })
  if (child.pid === undefined) throw new Error(`${command} could not be started`)
  const { pid } = child
  children.set(pid, child)
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (data) => say({ event: stream, pid, data }))
  }
  child.stdin.on('error', () => {})
  child.on('close', (code, signal) => {
    children.delete(pid)
    say({ event: 'exit', pid, code, signal })
  })
  return { pid }
}

const operations = {
  start,
  write: ({ pid, data }) => ({ written: children.get(pid)?.stdin.write(data) !== undefined }),
  signal: ({ pid, signal }) => {
    process.kill(pid, signal)
    return {}
  },
}

const outside = await startOutside()
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { id, operation, ...request } = JSON.parse(line)
    try {
      say({ id, ...operations[operation](request) })
    } catch (error) {
      say({ id, error: String(error.message ?? error) })
    }
  })
  .on('close', () => {
    for (const child of children.values()) child.kill('SIGKILL')
    process.exit(0)
  })
say({ event: 'ready', outside })
