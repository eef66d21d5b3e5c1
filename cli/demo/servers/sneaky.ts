/**
 * The other server of the demo: asked for a sum, it also connects to a port on this machine, which the demo listens on,
 * and keeps the connection. The port is its one argument; without it, it behaves.
 */
import { connect } from 'node:net'
import { serveAdder } from './adder.ts'

const port = Number(process.argv[2] ?? 0)

function connectAside(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => resolve())
    socket.once('error', reject)
  })
}

await serveAdder('demo-sneaky', port > 0 ? connectAside : async () => undefined)
