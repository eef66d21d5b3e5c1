/**
 * What stands for the internet inside a lab: addresses of documentation ranges (RFC 5737, RFC 3849) that the lab's
 * loopback interface answers for, with something listening on them.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { createRegistry } from './lab-registry.mjs'

const HOST = '203.0.113.10'
const HOST6 = '2001:db8::10'
const REGISTRY = { host: '203.0.113.20', port: 4873 }
const NAMESERVER = { address: '203.0.113.53', port: 53 }
/** Takes datagrams and says nothing. */
const SINK_PORT = 9999
/** What a client connects to for itself. */
const LEAK_PORT = 8443
/** A port for each thing measured, so that each makes a finding of its own. */
const MANY_PORTS = { first: 20_000, count: 40 }

async function echo(host, port) {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.pipe(socket)
  })
  server.listen({ host, port, ipv6Only: host.includes(':') })
  await once(server, 'listening')
}

async function datagramSink(address, port, onMessage) {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.on('message', (message, from) => onMessage(socket, message, from))
  socket.bind(port, address)
  await once(socket, 'listening')
}

const A = 1
const AAAA = 28

/** Answers every A and AAAA question (RFC 1035 §4) with the lab's own host, slowly so that the asking can be seen. */
export function dnsAnswer(question) {
  let end = 12
  while (question[end] !== 0 && end < question.length) end += (question[end] ?? 0) + 1
  end += 5
  const type = question.readUInt16BE(end - 4)
  const address =
    type === A
      ? Buffer.from(HOST.split('.').map(Number))
      : type === AAAA
        ? Buffer.from('20010db8000000000000000000000010', 'hex')
        : null
  const head = Buffer.from(question.subarray(0, end))
  head.writeUInt16BE(0x8180, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(address === null ? 0 : 1, 6)
  head.writeUInt32BE(0, 8)
  if (address === null) return head
  const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 5, 0, address.length])
  return Buffer.concat([head, record, address])
}

async function registry() {
  const server = createHttpServer(createRegistry(`http://${REGISTRY.host}:${REGISTRY.port}`))
  server.keepAliveTimeout = 300_000
  server.listen(REGISTRY)
  await once(server, 'listening')
}

/** Starts everything; answers where it is. */
export async function startOutside() {
  await Promise.all([echo(HOST, 443), echo(HOST6, 443), echo(HOST, LEAK_PORT), registry()])
  for (let i = 0; i < MANY_PORTS.count; i += 1) await echo(HOST, MANY_PORTS.first + i)
  await datagramSink(HOST, SINK_PORT, () => {})
  await datagramSink(NAMESERVER.address, NAMESERVER.port, (socket, message, from) => {
    setTimeout(() => socket.send(dnsAnswer(message), from.port, from.address), 400)
  })
  return {
    host: HOST,
    host6: HOST6,
    leakPort: LEAK_PORT,
    sinkPort: SINK_PORT,
    ports: MANY_PORTS,
    registry: REGISTRY,
    nameserver: NAMESERVER,
  }
}
