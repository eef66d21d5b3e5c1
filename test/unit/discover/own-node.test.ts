/** Servers that Claude Desktop runs inside itself. */
import { describe, expect, it } from 'vitest'
import type { Candidate } from '../../../daemon/discover/candidate.ts'
import { own, read } from './setting.ts'

const MANIFEST = own('claude-desktop', 'manifest.json')
const CONFIG = own('claude-desktop', 'claude_desktop_config.json')

/** Of each entry of the file whether it is run inside. */
const inside = (file: unknown, candidate: Candidate): (true | undefined)[] =>
  read(JSON.stringify(file), candidate).servers.map(({ server }) => server.inClient)
const manifest = (type: unknown, command?: string): unknown => ({
  server: {
    type,
    entry_point: 'main.js',
    ...(command === undefined ? {} : { mcp_config: { command, args: ['main.js'] } }),
  },
})

describe('an extension', () => {
  it('for node is run inside, with a command of its own or without', () => {
    expect(inside(manifest('node'), MANIFEST)).toEqual([true])
    expect(inside(manifest('node', 'node'), MANIFEST)).toEqual([true])
  })

  it.each([
    ['python', undefined],
    ['python', 'node'],
    ['binary', undefined],
    ['uv', undefined],
    ['node', 'npx'],
    ['node', '/usr/local/bin/node'],
    [true, 'node'],
    [{ node: true }, 'node'],
  ])('for %j with the command %s is a process', (type, command) => {
    expect(inside(manifest(type, command), MANIFEST)).toEqual([undefined])
  })
})

describe('an entry of the configuration', () => {
  const mcpServers = { a: { command: 'node', args: ['a.js'] }, b: { command: 'npx', args: ['b'] } }

  it('is run inside where the file says that the Node of its own is used', () => {
    const file = { isUsingBuiltInNodeForMcp: true, mcpServers }
    expect(inside(file, CONFIG)).toEqual([true, undefined])
    expect(read(JSON.stringify(file), CONFIG).ownNode).toBe('used')
  })

  it.each([
    [undefined, 'unsaid'],
    [false, 'never'],
    ['yes', 'unsaid'],
    [1, 'unsaid'],
    [null, 'unsaid'],
  ])('is a process where it says %j', (isUsingBuiltInNodeForMcp, said) => {
    const file = { isUsingBuiltInNodeForMcp, mcpServers }
    expect(inside(file, CONFIG)).toEqual([undefined, undefined])
    expect(read(JSON.stringify(file), CONFIG).ownNode).toBe(said)
  })

  it('of another client is a process whatever the file says', () => {
    const file = { isUsingBuiltInNodeForMcp: true, mcpServers }
    expect(inside(file, own('cursor', 'mcp.json'))).toEqual([undefined, undefined])
  })
})
