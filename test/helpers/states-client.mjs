/**
 * A client that starts what it is told and keeps it on pipes: lines of stdin are command lines as JSON lists, answered by
 * their pids in order. With `--subreaper` it takes over what loses its parent below it (prctl(2)). With `--spare-pipe`
 * there is one more as descriptor 3, of which it keeps its end when what it started has ended; Node closes standard input.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import koffi from 'koffi'

const PR_SET_CHILD_SUBREAPER = 36
if (process.argv.includes('--subreaper')) {
  const prctl = koffi
    .load('libc.so.6')
    .func('int prctl(int option, ulong a, ulong b, ulong c, ulong d)')
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) !== 0) throw new Error('no subreaper')
}

const spare = process.argv.includes('--spare-pipe') ? ['pipe'] : []

createInterface({ input: process.stdin }).on('line', (line) => {
  const [command, ...args] = JSON.parse(line)
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore', ...spare] })
  child.stdout.resume()
  child.stdin.on('error', () => {})
  process.stdout.write(`${child.pid}\n`)
})
