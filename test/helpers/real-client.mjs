/**
 * An MCP client: reads a client's configuration file and starts every stdio server in it through the SDK's own stdio
 * transport, as clients do, then keeps them until told otherwise. Run it with an executable that has the client's name.
 *
 * usage: real-client.mjs CONFIG [OPTION...], where an option is
 *   --leak|--pass|--hand NAME=HOST:PORT   gives the server NAME a connection of the client's own
 *   --activate NAME=PORT                  gives it a listener
 *   --own HOST:PORT                       connects for itself, and stays connected
 *   --run JSON                            starts another program, given as a list of words, that is no server
 * stdout: `{name, pid, tools}` or `{name, error}` a server; stdin: lines `stop NAME`, `quit`.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { parse as parseToml } from 'smol-toml'
import { GivingTransport } from './giving-transport.mjs'

const [file = '', ...options] = process.argv.slice(2)
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)
const sessions = new Map()

function declared() {
  const text = readFileSync(file, 'utf8')
  return file.endsWith('.toml') ? parseToml(text).mcp_servers : JSON.parse(text).mcpServers
}

/** `[option, value]` each. */
function given() {
  return options.flatMap((word, i) => (i % 2 === 0 ? [[word.slice(2), options[i + 1] ?? '']] : []))
}

const errands = {
  own: (place) => {
    const [, host, port] = /^(.*):(\d+)$/.exec(place)
    connect(Number(port), host)
  },
  run: (words) => {
    const [command, ...args] = JSON.parse(words)
    spawn(command, args, { stdio: ['pipe', 'ignore', 'ignore'] })
  },
}

/** By server: what it gets besides its pipes, and how. */
function gifts() {
  const wanted = given().filter(([option]) => !(option in errands))
  return new Map(
    wanted.map(([way, value]) => {
      const [name, place] = value.split('=')
      return [name, { way, place }]
    }),
  )
}

async function open([name, { command, args = [], env = {}, cwd }], gift) {
  if (command === undefined) return
  const params = { command, args, env, cwd, stderr: 'ignore' }
  const transport =
    gift === undefined ? new StdioClientTransport(params) : new GivingTransport(params, gift)
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

for (const [option, value] of given()) errands[option]?.(value)
const giving = gifts()
await Promise.all(Object.entries(declared()).map((entry) => open(entry, giving.get(entry[0]))))
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
