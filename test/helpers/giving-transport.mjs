/** A stdio transport whose server gets, besides its pipes, a socket that its client made. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { getDefaultEnvironment } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ReadBuffer, serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js'

/** Long enough for a daemon that looks once a second to have seen it in the client's hands. */
const HELD_MS = 2_500

async function connected(place) {
  const [, host, port] = /^(.*):(\d+)$/.exec(place)
  const socket = connect(Number(port), host)
  await once(socket, 'connect')
  return socket
}

/** What descriptor 3 of the server is, and what is sent over it once the server runs. */
const WAYS = {
  /** Inherited. */
  leak: async (place) => ({ third: await connected(place) }),
  /** A listener, as service managers hand it over; who comes is the server's to accept. */
  activate: async (place) => {
    const listener = createServer().listen(Number(place), '127.0.0.1')
    await once(listener, 'listening')
    return { third: listener._handle.fd, started: () => listener.close() }
  },
  /** By SCM_RIGHTS (unix(7)), which is how Node sends handles; this process keeps a copy. */
  pass: async (place) => ({ third: 'ipc', later: await connected(place), keepOpen: true }),
  /** The same, and only the server has it from then on. */
  hand: async (place) => ({ third: 'ipc', later: await connected(place), keepOpen: false }),
}

export class GivingTransport {
  #params
  #gift
  #child
  /** `gift`: `{ way, place }`, where place is HOST:PORT, or the port to listen on. */
  constructor(params, gift) {
    this.#params = params
    this.#gift = gift
  }
  get pid() {
    return this.#child.pid
  }
  async start() {
    const { way, place } = this.#gift
    const { third, started, later, keepOpen } = await WAYS[way](place)
    const { command, args, env, cwd } = this.#params
    const environment = { ...getDefaultEnvironment(), ...env }
    const stdio = ['pipe', 'pipe', 'ignore', third]
    this.#child = spawn(command, args, { env: environment, cwd, stdio })
    this.#child.on('close', () => this.onclose?.())
    const buffer = new ReadBuffer()
    this.#child.stdout.on('data', (chunk) => {
      buffer.append(chunk)
      for (let next = buffer.readMessage(); next !== null; next = buffer.readMessage()) {
        this.onmessage?.(next)
      }
    })
    started?.()
    if (later === undefined) return
    await pause(HELD_MS)
    this.#child.send('take', later, { keepOpen })
  }
  async send(message) {
    this.#child.stdin.write(serializeMessage(message))
  }
  async close() {
    this.#child.stdin.end()
    this.#child.kill()
  }
}
