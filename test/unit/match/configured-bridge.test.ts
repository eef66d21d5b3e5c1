import { expect, it } from 'vitest'
import { configuredBridge } from '../../../daemon/match/configured-bridge.ts'
import type { ArgPattern, Server } from '../../../shared/model/server.ts'
import { makeServer } from '../judge/build.ts'

const literal = (value: string): ArgPattern => ({ kind: 'literal', value })

function bridgeOf(...words: readonly (string | ArgPattern)[]) {
  const [command = literal('x'), ...args] = words.map((word) =>
    typeof word === 'string' ? literal(word) : word,
  )
  const launch: Server['launch'] = { command, args, cwd: null, script: null }
  return configuredBridge(makeServer('a', { launch }))
}

it('keeps scheme, host and port', () => {
  expect(bridgeOf('npx', '-y', 'mcp-remote', 'https://Mcp.Example.com/a/b?key=1')).toEqual([
    { scheme: 'https', host: 'mcp.example.com', port: 443 },
  ])
  expect(bridgeOf('npx', 'mcp-remote', 'http://u:p@[2001:db8::1]:8080/x')).toEqual([
    { scheme: 'http', host: '2001:db8::1', port: 8080 },
  ])
})

it('reads a host beside placeholders, and none with one', () => {
  const glob = (...parts: string[]): ArgPattern => ({ kind: 'glob', parts })
  expect(bridgeOf('npx', 'mcp-remote', glob('https://mcp.example.com/', '/sse'))).toEqual([
    { scheme: 'https', host: 'mcp.example.com', port: 443 },
  ])
  expect(bridgeOf('npx', 'mcp-remote', glob('https://', '.example.com/sse'))).toEqual([])
  expect(bridgeOf('npx', 'mcp-remote', glob('', ''))).toEqual([])
})

it('reads where an address leads to that is kept by its hash', () => {
  const args = [literal('mcp-remote'), { kind: 'digest', digest: 'ab12' } as const]
  const endpoint = { scheme: 'https', host: '2001:db8::1', port: 8443 }
  const endpoints = [{ argument: 1, endpoint }]
  const launch = { command: literal('npx'), args, cwd: null, endpoints, script: null }
  expect(configuredBridge(makeServer('a', { launch }))).toEqual([endpoint])
})

it('reads nothing where the address is kept by its hash, or there is no command line', () => {
  expect(bridgeOf('npx', 'mcp-remote', { kind: 'digest', digest: 'ab12' })).toEqual([])
  expect(configuredBridge(makeServer('b', { transport: 'http' }))).toEqual([])
})
