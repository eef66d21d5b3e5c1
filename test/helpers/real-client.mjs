/**
 * An MCP client: reads a client's configuration file and starts every stdio server in it through the SDK's own stdio
 * transport, as clients do, then keeps them until told otherwise. Run it with an executable that has the client's name.
 *
 * usage: real-client.mjs CONFIG [--leak NAME=HOST:PORT]
 * stdout: `{name, pid, tools}` or `{name, error}` a server; stdin: lines `stop NAME`, `quit`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import {
  getDefaultEnvironment,
  StdioClientTransport,
} from '@modelcontextprotocol/sdk/client/stdio.js'
import { ReadBuffer, serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js'
import { parse as parseToml } from 'smol-toml'

const [file = '', ...options] = process.argv.slice(2)
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)
const sessions = new Map()

function declared() {
  const text = readFileSync(file, 'utf8')
  return file.endsWith('.toml') ? parseToml(text).mcp_servers : JSON.parse(text).mcpServers
}

function leaks() {
  const wanted = options[0] === '--leak' ? options.slice(1) : []
  return new Map(wanted.map((option) => option.split('=')))
}

/** A stdio transport whose server inherits, on descriptor 3, a connection that this client made for itself. */
class LeakyTransport {
  #params
  #to
  #child
  constructor(params, to) {
    this.#params = params
    this.#to = to
  }
  get pid() {
    return this.#child.pid
  }
  async start() {
    const [, host, port] = /^(.*):(\d+)$/.exec(this.#to)
    const socket = connect(Number(port), host)
    await once(socket, 'connect')
    const { command, args, env, cwd } = this.#params
    const environment = { ...getDefaultEnvironment(), ...env }
    const stdio = ['pipe', 'pipe', 'ignore', socket]
    this.#child = spawn(command, args, { env: environment, cwd, stdio })
    this.#child.on('close', () => this.onclose?.())
    const buffer = new ReadBuffer()
    this.#child.stdout.on('data', (chunk) => {
      buffer.append(chunk)
      for (let next = buffer.readMessage(); next !== null; next = buffer.readMessage()) {
        this.onmessage?.(next)
      }
    })
  }
  async send(message) {
    this.#child.stdin.write(serializeMessage(message))
  }
  async close() {
    this.#child.stdin.end()
    this.#child.kill()
  }
}

async function open([name, { command, args = [], env = {}, cwd }], leak) {
  if (command === undefined) return
  const params = { command, args, env, cwd, stderr: 'ignore' }
  const transport =
    leak === undefined ? new StdioClientTransport(params) : new LeakyTransport(params, leak)
  const client = new Client({ name: 'test-client', version: '1.0.0' })
  try {
    await client.connect(transport, { timeout: 120_000 })
    const { tools } = await client.listTools()
    sessions.set(name, client)
    say({ name, pid: transport.pid, tools: tools.length })
  } catch (error) {
    say({ name, error: String(error) })
  }
}

const leaking = leaks()
await Promise.all(Object.entries(declared()).map((entry) => open(entry, leaking.get(entry[0]))))
say({ all: true })

async function quit() {
  await Promise.all([...sessions.values()].map((client) => client.close()))
  process.exit(0)
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [order, name = ''] = line.split(' ')
    if (order === 'stop') void sessions.get(name)?.close()
    else if (order === 'quit') void quit()
  })
  .on('close', () => void quit())
