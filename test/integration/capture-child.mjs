// Opens one socket of every kind, tells their ports, and stays until its standard input ends.
// Arguments: IPv4 address to listen at, then optionally `share` to hand one socket to a child.
import { spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'

const [address = '127.0.0.1', share] = process.argv.slice(2)

async function listen(host) {
  const server = net.createServer(() => undefined).listen(0, host)
  await once(server, 'listening')
  return server.address().port
}
async function connect(host, port) {
  const socket = net.connect(port, host)
  await once(socket, 'connect')
  return socket
}
async function datagram(type, host, peer) {
  const socket = dgram.createSocket(type)
  socket.bind(0, host)
  await once(socket, 'listening')
  if (peer !== undefined) {
    socket.connect(9, peer)
    await once(socket, 'connect')
  }
  return socket.address().port
}

const v4 = await listen(address)
const v6 = await listen('::1')
const dual = await listen('::')
const shared = await connect(address, v4)
const sockets = [shared, await connect('::1', v6), await connect(address, dual)]
const udp = {
  connected: await datagram('udp4', address, address),
  unconnected: await datagram('udp4', address),
  connected6: await datagram('udp6', '::1', '::1'),
}
let child = null
if (share === 'share') {
  const script = "process.stdin.resume().on('end', () => process.exit())"
  child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'ignore', 'ignore', shared] })
  await once(child, 'spawn')
}
process.stdin.resume().on('end', () => process.exit())
const clients = sockets.map((socket) => socket.localPort)
console.log(JSON.stringify({ address, v4, v6, dual, clients, udp, child: child?.pid ?? null }))
