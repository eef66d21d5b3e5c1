import { describe, expect, it } from 'vitest'
import { SCOPES, VERDICT_REASONS } from '../../../shared/model/judgement.ts'
import {
  type SettledServer,
  settlingCommand,
  type Unsettled,
} from '../../../shared/text/settling-command.ts'

const server: SettledServer = {
  id: 'abc123',
  name: 'pg',
  client: 'cursor',
  expectation: 'local-only',
}
const to = (over: Partial<Unsettled> = {}): Unsettled => ({
  address: '203.0.113.9',
  port: 443,
  names: [],
  scope: 'public',
  verdict: 'unexpected',
  reason: 'beyond-local',
  ...over,
})

describe('settlingCommand', () => {
  it('allows a host by its name where one is certain, else by its address', () => {
    expect(settlingCommand(to(), server)).toBe('mcp-watch allow pg 203.0.113.9:443')
    const api = { name: 'api.test', source: 'expected-host' } as const
    expect(settlingCommand(to({ names: [api] }), server)).toBe('mcp-watch allow pg api.test:443')
    const shared = { ...api, source: 'one-of-hosts' } as const
    const evil = { ...api, name: '$(reboot)' }
    for (const names of [[shared], [evil], [api, { ...api, name: 'b.test' }]])
      expect(settlingCommand(to({ names }), server)).toBe('mcp-watch allow pg 203.0.113.9:443')
    expect(settlingCommand(to({ address: 'fe80::1%eth0' }), server)).toBe(
      "mcp-watch allow pg '[fe80::1]:443'",
    )
  })

  it('never narrows a server that may go anywhere', () => {
    const open = { ...server, expectation: 'open' as const }
    const told = (reason: Unsettled['reason']) => settlingCommand(to({ reason }), open)
    expect(told('metadata-service')).toBe('mcp-watch mute pg metadata-service')
    expect(told('relayed')).toBe('mcp-watch explain pg')
    expect(told('install-time')).toBe('mcp-watch mute pg install-time-egress')
  })

  it('widens by a word where a word is what is meant', () => {
    const none = { ...server, expectation: 'none' as const }
    expect(settlingCommand(to({ scope: 'loopback' }), none)).toBe('mcp-watch expect pg local-only')
    const inbound = to({ reason: 'inbound-remote', scope: 'private' })
    expect(settlingCommand(inbound, server)).toBe('mcp-watch expect pg lan')
  })

  it('has something to type for whatever is not expected, and nothing otherwise', () => {
    for (const reason of VERDICT_REASONS) {
      for (const scope of SCOPES) {
        expect(settlingCommand(to({ reason, scope }), server)).toMatch(/^mcp-watch \w+ pg/)
        expect(settlingCommand(to({ reason, scope, verdict: 'expected' }), server)).toBeNull()
      }
    }
  })

  it('puts into a shell only what is one word there', () => {
    const named = (name: string) => settlingCommand(to(), { ...server, name })
    expect(named('my server; rm -rf ~')).toBe(
      "mcp-watch allow 'my server; rm -rf ~' 203.0.113.9:443",
    )
    for (const name of ["it's", '--help', 'a\nb', 'a\u202Eb', 'wow!'])
      expect(named(name)).toBe('mcp-watch allow abc123 203.0.113.9:443')
    const digits = { ...server, name: '123', expectation: 'open' as const }
    const relayed = to({ verdict: 'unknown', reason: 'relayed' })
    expect(settlingCommand(relayed, digits)).toBe('mcp-watch explain abc123')
    expect(settlingCommand(to(), { ...server, isNameShared: true })).toBe(
      'mcp-watch allow pg 203.0.113.9:443 --client cursor',
    )
  })
})
