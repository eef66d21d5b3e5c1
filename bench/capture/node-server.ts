/**
 * A server as most are: Node, asleep until a timer fires, then one connection. Arguments: name, file of the plan, and
 * `busy` where it is to use its processor all the time. It tells what it made as workload.c does.
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'

const [name = '', planFile = '', mode = ''] = process.argv.slice(2)
const plan = readFileSync(planFile, 'utf8').trim().split('\n')
const told: string[] = []
let left = plan.length

if (mode === 'busy') {
  setInterval(() => {
    const until = process.hrtime.bigint() + 200_000n
    while (process.hrtime.bigint() < until);
  }, 4)
}
process.stdin.once('data', (text) => {
  const from = BigInt(String(text).trim().split(' ')[1] ?? 0)
  for (const line of plan) {
    const words = line.split(' ')
    begin(from + BigInt(words[0] ?? 0) * 1_000n, words)
  }
})
process.stdin.on('end', () => process.exit(0))

function begin(at: bigint, words: readonly string[]): void {
  setTimeout(() => make(at, words), Number(at - process.hrtime.bigint()) / 1e6)
}

function make(at: bigint, words: readonly string[]): void {
  const [, kind, close, lifetimeUs, host = '', port] = words
  const began = process.hrtime.bigint()
  const lateUs = (began - at) / 1_000n
  const socket = connect({ host, port: Number(port) })
  let localPort = 0
  socket.once('connect', () => {
    localPort = socket.localPort ?? 0
    setTimeout(() => socket.end(), Number(lifetimeUs) / 1_000)
  })
  socket.once('error', () => {})
  socket.once('close', () => {
    const ended = process.hrtime.bigint()
    const facts = [lateUs, localPort, host, port, lifetimeUs, began, ended, 0, 0]
    told.push(
      localPort === 0
        ? `failed ${name} ${kind}`
        : `made ${[name, kind, close, ...facts].join(' ')}`,
    )
    left -= 1
    if (left === 0) process.stdout.write(`${told.join('\n')}\ndone ${name}\n`)
  })
}
