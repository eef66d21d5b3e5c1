import { describe, expect, it } from 'vitest'
import { type ServerFacts, serverFacts, serverRecord } from '../../../daemon/judge/expectation.ts'
import type { Instance } from '../../../shared/model/attribution.ts'
import { DEFAULT_POLICY, type Policy, type PolicyRule } from '../../../shared/model/policy.ts'
import type { PackageRef, Server } from '../../../shared/model/server.ts'
import type { ServerRecord } from '../../../shared/model/tick.ts'
import { instanceA, makeServer, npm } from './build.ts'

const MEMORY = npm('@modelcontextprotocol/server-memory')
const RUNNER = npm('mcp-server-commands')
const NOW = 1_000_000
const launchOf = (command: string): Server['launch'] => ({
  command: { kind: 'literal', value: command },
  args: [],
  cwd: null,
  script: null,
})
const server = makeServer('server-a', { launch: launchOf('npx') })

function factsFor(
  instances: readonly Instance[],
  configured: PackageRef | null,
  previous: readonly ServerFacts[] = [],
  entry = server,
): ServerFacts {
  const known = new Map(previous.map((facts) => [facts.server.id, facts]))
  const [facts] = serverFacts([entry], instances, known, {
    package: () => configured,
    bridge: () => [],
  })
  if (facts === undefined) throw new Error('no facts of the server')
  return facts
}

function recordFor(
  instances: readonly Instance[],
  configured: PackageRef | null,
  policy = DEFAULT_POLICY,
): ServerRecord {
  return serverRecord(factsFor(instances, configured), policy, NOW, new Set())
}

const ruleOf = (
  over: Partial<PolicyRule>,
  match: Partial<PolicyRule['match']> = {},
): PolicyRule => ({
  match: { name: null, client: null, package: null, image: null, ...match },
  expect: null,
  children: null,
  mutes: [],
  until: null,
  why: null,
  ...over,
})
const policyOf = (...rules: readonly PolicyRule[]): Policy => ({ ...DEFAULT_POLICY, rules })

describe('serverFacts', () => {
  it('goes by what runs, else by what is configured, else by nothing', () => {
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
    for (const name of ['harmless-proxy', '@playwright/mcp', RUNNER.name]) {
      const renamed = recordFor([instanceA({ package: npm(name) })], MEMORY)
      expect(renamed).toMatchObject({
        package: { name },
        expectation: 'local-only',
        children: 'same',
      })
    }
  })

  it('never goes by the name the user gave it', () => {
    const named = makeServer('server-a', { name: '@modelcontextprotocol/server-memory' })
    expect(factsFor([], null, [], named).known).toBeNull()
  })

  it('remembers what ran last, until the entry starts something else', () => {
    const first = factsFor([instanceA({ package: MEMORY })], null)
    expect(factsFor([], null, [first]).package).toEqual(MEMORY)
    const changed = makeServer('server-a', { launch: launchOf('other') })
    expect(factsFor([], null, [first], changed)).toMatchObject({ package: null, known: null })
  })

  it('knows a compiled server by its binary', () => {
    const binary = makeServer('server-a', { launch: launchOf('/opt/bin/rust-mcp-filesystem') })
    expect(factsFor([], null, [], binary).known?.expectation).toBe('local-only')
    expect(recordFor([instanceA({ binary: 'rust-mcp-filesystem' })], null).expectation).toBe(
      'local-only',
    )
  })
})

describe('serverRecord', () => {
  it('takes the policy before the catalogue, and that before the default', () => {
    const lan = policyOf(ruleOf({ expect: 'lan' }, { name: 'server-a' }))
    expect(recordFor([], MEMORY, lan)).toMatchObject({
      expectation: 'lan',
      expectationSource: 'policy',
      rules: [],
    })
    const other = policyOf(ruleOf({ expect: 'lan' }, { name: 'server-b' }))
    expect(recordFor([], MEMORY, other).expectationSource).toBe('catalogue')
    const strict = { ...DEFAULT_POLICY, defaultExpectation: 'none' as const }
    expect(recordFor([], npm('other'), strict)).toMatchObject({
      expectation: 'none',
      expectationSource: 'default',
    })
    expect(recordFor([], MEMORY, strict).expectation).toBe('local-only')
  })

  it('lets a rule fall away at the moment it expires', () => {
    const facts = factsFor([], MEMORY)
    const mutes = [{ kind: 'new-destination' as const, until: NOW + 5 }]
    const policy = policyOf(ruleOf({ expect: 'open', mutes, until: NOW + 10 }))
    const at = (time: number): ServerRecord => serverRecord(facts, policy, time, new Set())
    expect(at(NOW)).toMatchObject({ expectation: 'open', mutes })
    expect(at(NOW + 5).mutes).toEqual([])
    expect(at(NOW + 9).expectation).toBe('open')
    expect(at(NOW + 10)).toMatchObject({ expectation: 'local-only', mutes: [] })
  })

  it('holds children to a word of the user, and leaves them as free as they were beside a list', () => {
    const list = [{ kind: 'host' as const, host: 'api.test', port: null }]
    expect(recordFor([], RUNNER).children).toBe('open')
    expect(recordFor([], RUNNER, policyOf(ruleOf({ expect: 'local-only' }))).children).toBe('same')
    expect(recordFor([], RUNNER, policyOf(ruleOf({ expect: list })))).toMatchObject({
      expectation: 'rules',
      rules: list,
      children: 'open',
    })
    const said = policyOf(ruleOf({ expect: list, children: 'same' }))
    expect(recordFor([], RUNNER, said).children).toBe('same')
  })

  it('matches a rule by the configured package, not by what the program calls itself', () => {
    const policy = policyOf(ruleOf({ expect: 'open' }, { package: '@playwright/mcp' }))
    const renamed = [instanceA({ package: npm('@playwright/mcp') })]
    expect(recordFor(renamed, MEMORY, policy).expectation).toBe('local-only')
    expect(recordFor(renamed, null, policy).expectation).toBe('open')
  })
})
