#!/usr/bin/env node
/**
 * Stands in for two of the clients that the corpus' recorder knows, where they are not installed: writes the same configuration
 * from the same command line, and starts the servers in it by the SDK's own stdio transport, as they do. Which of them it is
 * follows from the name that it was called by.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const SDK = '/opt/mcp-watch/node_modules/@modelcontextprotocol/sdk/dist/esm/client'
const [, called, ...words] = process.argv
const isMcporter = basename(called) === 'mcporter'
const file = join(process.env.HOME, isMcporter ? '.mcporter/mcporter.json' : '.qwen/settings.json')

function declared() {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).mcpServers
  } catch {
    return {}
  }
}

function add([name, entry]) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify({ mcpServers: { ...declared(), [name]: entry } }, null, 2))
}

/** `config add NAME --scope home --command COMMAND --arg WORD…` */
function readMcporter([, , name, , , , command, ...rest]) {
  return [name, { command, args: rest.filter((_, index) => index % 2 === 1) }]
}

/** `mcp add -s user NAME COMMAND -- WORD…` */
function readQwen([, , , , name, command, , ...args]) {
  return [name, { command, args }]
}

async function start() {
  const { Client } = await import(`${SDK}/index.js`)
  const { StdioClientTransport } = await import(`${SDK}/stdio.js`)
  for (const entry of Object.values(declared())) {
    const client = new Client({ name: 'stand-in', version: '1.0.0' })
    client.connect(new StdioClientTransport({ ...entry, stderr: 'ignore' })).catch(() => {})
  }
  setTimeout(() => {}, 90_000)
}

if (words.includes('--version')) console.log('0.0.0-stand-in')
else if (words[1] === 'add') add(isMcporter ? readMcporter(words) : readQwen(words))
else await start()
