// Makes connections as it is told, one line of JSON each on its standard input; answers with one line each.
// A connection begins with a line of JSON that tells the other end what to do: { ms, close, reply }.
import { spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import net from 'node:net'
import { createInterface } from 'node:readline'

const kept = []
const started = new Map()
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

function serve(socket) {
  socket.on('error', () => undefined).on('end', () => socket.end())
  socket.once('data', async (data) => {
    const { ms, close, reply } = JSON.parse(data.toString().split('\n')[0])
    socket.resume()
    if (reply > 0) socket.write(Buffer.alloc(reply))
    await pause(ms)
    if (close === 'peer') socket.end()
    if (close === 'reset') socket.resetAndDestroy()
  })
}

async function connect({ host, port, ms = 0, close, send = 0, reply = 0 }) {
  const beganAt = Date.now()
  const socket = net.connect(port, host)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const { localPort } = socket
  // Not `once`, which rejects at the error of a reset.
  const ended = new Promise((resolve) => socket.once('close', resolve))
  const order = `${JSON.stringify({ ms, close, reply })}\n`
  socket.resume().write(order)
  if (send > 0) socket.write(Buffer.alloc(send))
  if (close === undefined) {
    kept.push(socket)
    return { localPort, beganAt }
  }
  if (close === 'own' || close === 'abort') await pause(ms)
  if (close === 'own') socket.end()
  if (close === 'abort') socket.resetAndDestroy()
  await ended
  const { bytesWritten: sent, bytesRead: received } = socket
  return { localPort, beganAt, closedAt: Date.now(), sent, received, order: order.length }
}

async function bindUdp({ host }) {
  const socket = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4').bind(0, host)
  await once(socket, 'listening')
  kept.push(socket)
  return { index: kept.length - 1, localPort: socket.address().port }
}

const orders = {
  connect,
  // Of a connection that was kept.
  abort: async ({ localPort }) => {
    const socket = kept.find((each) => each.localPort === localPort)
    const ended = new Promise((resolve) => socket.once('close', resolve))
    socket.resetAndDestroy()
    await ended
    return {}
  },
  listen: async ({ host }) => {
    const server = net.createServer({ allowHalfOpen: true }, serve).listen(0, host)
    await once(server, 'listening')
    return { port: server.address().port }
  },
  udp: bindUdp,
  'udp-connect': async ({ index, host, port }) => {
    const socket = kept[index]
    try {
      socket.disconnect()
    } catch {
      // It was not connected.
    }
    socket.connect(port, host)
    await once(socket, 'connect')
    return {}
  },
  'udp-send': async ({ index, host, port }) => {
    await new Promise((resolve) => kept[index].send('x', port, host, resolve))
    return {}
  },
  run: async ({ command, args }) => {
    const child = spawn(command, args, { stdio: 'ignore' })
    const { pid } = child
    await once(child, 'exit')
    return { pid }
  },
  start: async ({ command, args }) => {
    const child = spawn(command, args, { stdio: 'ignore' })
    await once(child, 'spawn')
    started.set(child.pid, child)
    return { pid: child.pid }
  },
  kill: async ({ pid, ms }) => {
    const ended = once(started.get(pid), 'exit')
    await pause(ms)
    started.get(pid).kill('SIGKILL')
    await ended
    started.delete(pid)
    return {}
  },
  // PR_SET_DUMPABLE (prctl(2)): nobody but root may look into it any more.
  hide: async () => {
    const koffi = createRequire(import.meta.url)('koffi')
    const prctl = koffi.load(null).func('int prctl(int, unsigned long, ...)')
    return { failed: prctl(4, 0) }
  },
}

process.on('message', (_message, socket) => {
  kept.push(socket)
  socket.on('error', () => undefined)
  process.send('taken')
})
async function obey(line) {
  const { id, order, ...options } = JSON.parse(line)
  const answer = await orders[order](options)
  process.stdout.write(`${JSON.stringify({ id, ...answer })}\n`)
}
createInterface({ input: process.stdin })
  .on('line', (line) => void obey(line))
  .on('close', () => process.exit())
process.stdout.write(`${JSON.stringify({ id: 0 })}\n`)
