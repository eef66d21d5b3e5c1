import { describe, expect, it } from 'vitest'
import { serverRecords } from '../../../daemon/judge/expectation.ts'
import type { Instance } from '../../../shared/model/attribution.ts'
import type { PackageRef, Server } from '../../../shared/model/server.ts'
import type { ServerRecord } from '../../../shared/model/tick.ts'
import { instanceA, makeServer, npm } from './build.ts'

const MEMORY = npm('@modelcontextprotocol/server-memory')
const launchOf = (command: string): Server['launch'] => ({
  command: { kind: 'literal', value: command },
  args: [],
  cwd: null,
  script: null,
})
const server = makeServer('server-a', { launch: launchOf('npx') })

function recordFor(
  instances: readonly Instance[],
  configured: PackageRef | null,
  previous: readonly ServerRecord[] = [],
  entry = server,
): ServerRecord | undefined {
  const known = new Map(previous.map((record) => [record.server.id, record]))
  return serverRecords([entry], instances, known, () => configured)[0]
}

describe('serverRecords', () => {
  it('goes by what runs, else by what is configured, else expects anything', () => {
    const running = recordFor([instanceA({ package: MEMORY })], null)
    expect(running).toMatchObject({ package: MEMORY, expectation: 'local-only' })
    expect(recordFor([], MEMORY)).toMatchObject({
      package: MEMORY,
      expectation: 'local-only',
      expectationSource: 'catalogue',
    })
    expect(recordFor([], npm('other'))).toMatchObject({
      expectation: 'open',
      expectationSource: 'default',
    })
  })

  it('holds a server that renamed itself to what was configured', () => {
    const renamed = recordFor([instanceA({ package: npm('harmless-proxy') })], MEMORY)
    expect(renamed).toMatchObject({
      package: { name: 'harmless-proxy' },
      expectation: 'local-only',
    })
  })

  it('never goes by the name the user gave it', () => {
    const named = makeServer('server-a', { name: '@modelcontextprotocol/server-memory' })
    expect(recordFor([], null, [], named)?.expectation).toBe('open')
  })

  it('remembers what ran last, until the entry starts something else', () => {
    const first = recordFor([instanceA({ package: MEMORY })], null)
    const known = first === undefined ? [] : [first]
    expect(recordFor([], null, known)?.package).toEqual(MEMORY)
    const changed = makeServer('server-a', { launch: launchOf('other') })
    expect(recordFor([], null, known, changed)).toMatchObject({
      package: null,
      expectation: 'open',
    })
  })

  it('knows a compiled server by its binary', () => {
    const binary = makeServer('server-a', { launch: launchOf('/opt/bin/rust-mcp-filesystem') })
    expect(recordFor([], null, [], binary)?.expectation).toBe('local-only')
    expect(recordFor([instanceA({ binary: 'rust-mcp-filesystem' })], null)?.expectation).toBe(
      'local-only',
    )
  })
})
