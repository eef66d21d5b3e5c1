import { describe, expect, it } from 'vitest'
import { heldToEntry, maybeSignIn } from '../../../daemon/judge/bridge.ts'
import { type ServerFacts, serverRecord } from '../../../daemon/judge/expectation.ts'
import { judge } from '../../../daemon/judge/judge.ts'
import { findInCatalogue } from '../../../shared/catalogue/find-known-server.ts'
import { DEFAULT_POLICY } from '../../../shared/model/policy.ts'
import type { Endpoint } from '../../../shared/model/server.ts'
import { formatHostRule } from '../../../shared/policy/host-rule.ts'
import { connect, fresh, inputFor, makeServer, npm, recordOf } from './build.ts'

const SELF: ReadonlySet<string> = new Set(['198.51.100.4', '2001:db8::4'])
const at = (host: string, port = 443): Endpoint => ({ scheme: 'https', host, port })

function held(endpoints: readonly Endpoint[], name = 'mcp-remote') {
  const found = heldToEntry(endpoints, findInCatalogue(npm(name), null), SELF)
  return found === null ? null : [found.expectation, ...found.rules.map(formatHostRule)]
}

describe('what a bridge may do', () => {
  it.each([
    [[at('mcp.example.com')], ['rules', 'mcp.example.com:443']],
    [[at('192.0.2.7', 8443)], ['rules', '192.0.2.7:8443']],
    [[at('2001:db8::1')], ['rules', '[2001:db8::1]:443']],
    [
      [at('a.test'), at('b.test', 80)],
      ['rules', 'a.test:443', 'b.test:80'],
    ],
    [[at('localhost', 3000)], ['local-only']],
    [[at('app.localhost', 3000)], ['local-only']],
    [[at('127.0.0.1', 3000)], ['local-only']],
    [[at('::1', 3000)], ['local-only']],
    [[at('198.51.100.4', 3000)], ['local-only']],
    [[at('2001:db8:0::4', 3000)], ['local-only']],
    [
      [at('localhost', 80), at('auth.test')],
      ['rules', 'auth.test:443'],
    ],
    // an entry cannot let a server ask for the machine's credentials: that is for the policy to say
    [[at('169.254.169.254', 80)], ['local-only']],
    [
      [at('::ffff:169.254.169.254', 80), at('a.test')],
      ['rules', 'a.test:443'],
    ],
    [[], null],
    [[at('not a host')], null],
  ])('%j', (endpoints, expected) => {
    expect(held(endpoints)).toEqual(expected)
  })

  it('is no more than what is known of the program', () => {
    const memory = findInCatalogue(npm('@modelcontextprotocol/server-memory'), null)
    expect(heldToEntry([at('a.test')], memory, SELF)).toBeNull()
  })

  it('yields to the policy', () => {
    const facts: ServerFacts = {
      server: makeServer('a'),
      package: npm('mcp-remote'),
      configured: npm('mcp-remote'),
      known: findInCatalogue(npm('mcp-remote'), null),
      bridge: [at('a.test')],
    }
    expect(serverRecord(facts, DEFAULT_POLICY, 1, SELF)).toMatchObject({
      expectation: 'rules',
      expectationSource: 'configuration',
      children: 'open',
    })
    const match = { name: 'a', client: null, package: null, image: null }
    const rule = {
      match,
      expect: 'open',
      children: null,
      mutes: [],
      until: null,
      why: null,
    } as const
    const policy = { ...DEFAULT_POLICY, rules: [rule] }
    expect(serverRecord(facts, policy, 1, SELF)).toMatchObject({ expectationSource: 'policy' })
  })
})

describe('a bridge', () => {
  const told = (to: string) => {
    const own = { expectationSource: 'configuration', rules: heldRules } as const
    const record = recordOf('server-a', 'rules', own)
    const records = new Map([[record.server.id, record]])
    const { open, findings } = judge(fresh, inputFor('rules', [connect(to)], { records }))
    return [open[0]?.reason, findings[0]?.kind]
  }
  const heldRules = heldToEntry([at('192.0.2.7', 8443)], null, SELF)?.rules ?? []

  it('is told of when it talks to anybody else', () => {
    expect(told('192.0.2.7:8443')).toEqual(['declared', undefined])
    expect(told('198.51.100.7:8443')).toEqual(['not-declared', 'undeclared-destination'])
    expect(told('192.0.2.7:80')).toEqual(['not-declared', 'undeclared-destination'])
    expect(told('10.0.0.9:443')).toEqual(['not-declared', 'undeclared-destination'])
  })

  it('may sign in somewhere, which is a question', () => {
    expect(told('198.51.100.7:443')).toEqual(['maybe-sign-in', undefined])
    const udp = connect('198.51.100.7:443', { protocol: 'udp' })
    expect(maybeSignIn(udp, 'public')).toBe(false)
    expect(maybeSignIn(connect('198.51.100.7:443', { direction: 'inbound' }), 'public')).toBe(false)
  })
})
