/** The deciding commands over the real policy room and a made-up daemon. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../../../cli/run.ts'
import { createPolicyDesk } from '../../../daemon/policy/entry-policy.ts'
import { parsePolicy } from '../../../daemon/policy/parse.ts'
import {
  policyCheckSchema,
  policyEditSchema,
  policyPathSchema,
  policyShowSchema,
} from '../../../shared/contract/policy.ts'
import { McpWatchError } from '../../../shared/errors.ts'
import { type FakeIo, fakeIo } from './fake-io.ts'
import { nowMs, server } from './sample.ts'

let home = ''
let io: FakeIo

const SERVERS = [
  server({ name: 'memory', client: 'cursor' }),
  server({ name: 'memory', client: 'vscode', id: 'bbbb000011112222' }),
  server({
    name: 'github',
    client: 'cursor',
    id: 'cccc000011112222',
    package: { name: 'gh-mcp', version: null },
    expectation: 'open',
    expectationSource: 'default',
    rules: [],
  }),
]

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mcpw-cli-policy-'))
  io = withServers(SERVERS)
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

function withServers(servers: typeof SERVERS | null): FakeIo {
  const missing = (): never => {
    throw new Error('the test did not expect this')
  }
  return fakeIo({
    refuseDecisionBelowServer: async () => undefined,
    openPolicy: async () => createPolicyDesk({ env: {}, home, wallMs: () => nowMs }),
    openArchive() {
      if (servers === null) throw new McpWatchError('NO_DATA', 'nothing was recorded yet')
      return {
        servers: () => ({ schemaVersion: 1, servers }),
        report: missing,
        findings: missing,
        finding: missing,
        history: missing,
        close: () => undefined,
      }
    },
  })
}

const path = (): string => join(home, '.config/mcp-watch/policy.jsonc')
const policy = () => parsePolicy(readFileSync(path(), 'utf8'), nowMs).policy

describe('expect', () => {
  it('writes the rule and says where', async () => {
    expect(await run(['expect', 'github', 'api.github.com:443', '.github.dev'], io)).toBe(0)
    expect(policy()?.rules).toMatchObject([
      {
        match: { name: 'github', client: 'cursor' },
        expect: [{ host: 'api.github.com', port: 443 }, { suffix: 'github.dev' }],
      },
    ])
    expect(io.written().out).toBe(
      'github (cursor) may now talk to this machine and api.github.com:443, .github.dev only\n' +
        `  ${path()} (new file)\n`,
    )
  })

  it('asks which client is meant', async () => {
    expect(await run(['expect', 'memory', 'none'], io)).toBe(2)
    expect(io.written().err).toContain('say which with --client: cursor, vscode')
    expect(await run(['expect', 'memory', 'none', '--client', 'vscode'], io)).toBe(0)
    expect(policy()?.rules).toMatchObject([{ match: { name: 'memory', client: 'vscode' } }])
  })

  it.each([
    [['expect', 'gihub', 'none'], 'did you mean "github"?'],
    [['expect', 'github', 'none', '--client', 'curser'], 'did you mean "cursor"?'],
    [['expect', 'github', 'lokal-only'], 'did you mean "local-only"?'],
    [['expect', 'github', 'open', 'api.github.com'], 'write the word alone, without the list'],
    [['expect', 'github', 'https://api.github.com/'], 'write "api.github.com:443"'],
    [['allow', 'github', '*'], 'write "open" instead of the list'],
    [['mute', 'github', 'local-only-egres'], 'did you mean "local-only-egress"?'],
    [['allow', 'github', 'a.test', '--for', 'soon'], 'Give a number and a unit'],
  ])('%s is wrong usage', async (argv, hint) => {
    expect(await run(argv, io)).toBe(2)
    expect(io.written().err).toContain(hint)
    expect(policyExists()).toBe(false)
  })

  it('changes nothing below a watched server', async () => {
    const refused = withServers(SERVERS)
    const entry = await refused.entry()
    const below: FakeIo = {
      ...refused,
      entry: async () => ({
        ...entry,
        refuseDecisionBelowServer: async () => {
          throw new McpWatchError('DECISION_REFUSED', 'no')
        },
      }),
    }
    for (const argv of [
      ['expect', 'github', 'open'],
      ['allow', 'github', 'a.test'],
      ['mute', 'github', 'local-only-egress'],
      ['unmute', 'github', 'local-only-egress'],
    ])
      expect(await run(argv, below)).toBe(2)
    expect(policyExists()).toBe(false)
  })
})

const policyExists = (): boolean => {
  try {
    readFileSync(path())
    return true
  } catch {
    return false
  }
}

describe('allow', () => {
  it('adds to what the entry of a bridge names', async () => {
    const bridge = server({
      name: 'bridge',
      client: 'cursor',
      package: { name: 'mcp-remote', version: null },
      expectation: 'rules',
      expectationSource: 'configuration',
      rules: ['mcp.example.com:443', '[2001:db8::1]:8443'],
    })
    io = withServers([bridge])
    expect(await run(['allow', 'bridge', 'login.example.com:443'], io)).toBe(0)
    expect(policy()?.rules).toMatchObject([
      {
        expect: [
          { host: 'mcp.example.com', port: 443 },
          { address: '2001:db8::1', bits: 128, port: 8443 },
          { host: 'login.example.com', port: 443 },
        ],
      },
    ])
  })

  it('keeps what the catalogue says, and adds to it for a time', async () => {
    const argv = ['allow', 'memory', 'a.test:443', '--client', 'cursor', '--for', '7d', '--json']
    expect(await run(argv, io)).toBe(0)
    const answer = policyEditSchema.parse(JSON.parse(io.written().out))
    expect(answer).toMatchObject({ changed: true, created: true })
    expect(answer.message).toBe(
      'memory (cursor) may now talk to a.test:443 too, until 2026-11-29T12:00:00Z',
    )
    expect(policy()?.rules).toMatchObject([
      { expect: [{ host: 'a.test', port: 443 }], until: nowMs + 7 * 86_400_000 },
    ])
  })

  it('has nothing to do where anything is allowed', async () => {
    expect(await run(['allow', 'github', 'a.test'], io)).toBe(0)
    expect(io.written().out).toContain('may talk to anything; nothing has to be allowed')
    expect(policyExists()).toBe(false)
  })
})

describe('mute', () => {
  it('is undone by unmute', async () => {
    expect(await run(['mute', 'github', 'local-only-egress', '--for', '1h'], io)).toBe(0)
    expect(policy()?.rules).toMatchObject([
      { expect: null, mutes: [{ kind: 'local-only-egress', until: nowMs + 3_600_000 }] },
    ])
    expect(await run(['unmute', 'github', 'local-only-egress'], io)).toBe(0)
    expect(policy()?.rules).toEqual([])
    expect(io.written().out).toContain('are notified again')
  })

  it('says when a wider rule still mutes', async () => {
    await run(['mute', 'github', 'local-only-egress'], io)
    const wide = readFileSync(path(), 'utf8').replace(
      /"match": \{[^}]*\}/,
      '"match": {"client": "cursor"}',
    )
    writeFileSync(path(), wide)
    expect(await run(['unmute', 'github', 'local-only-egress'], io)).toBe(0)
    expect(io.written().out).toContain('still muted by a rule that is about other servers too')
    expect(readFileSync(path(), 'utf8')).toBe(wide)
  })
})

describe('policy', () => {
  it('path is the path and nothing else', async () => {
    expect(await run(['policy', 'path'], io)).toBe(0)
    expect(io.written().out).toBe(`${path()}\n`)
    const json = fakeIo({ openPolicy: (await io.entry()).openPolicy })
    await run(['policy', 'path', '--json'], json)
    expect(policyPathSchema.parse(JSON.parse(json.written().out))).toMatchObject({ exists: false })
  })

  it('check names each place with what to write, and ends with 2', async () => {
    expect(await run(['policy', 'check'], io)).toBe(0)
    await run(['expect', 'github', 'a.test'], io)
    const good = readFileSync(path(), 'utf8')
    expect(await run(['policy', 'check'], io)).toBe(0)
    expect(io.written().out).toContain('The policy can be used: 1 rule.')
    writeFileSync(path(), good.replace('a.test', '*.a.test'))
    const bad = withServers(SERVERS)
    expect(await run(['policy', 'check'], bad)).toBe(2)
    expect(bad.written().out).toMatch(
      /policy\.jsonc:8:\d+: error: a name with a wildcard\n {2}write "\.a\.test": the domain and all below it\n/,
    )
    const json = withServers(SERVERS)
    expect(await run(['policy', 'check', '--json'], json)).toBe(2)
    expect(policyCheckSchema.parse(JSON.parse(json.written().out)).valid).toBe(false)
    expect(await run(['policy', 'show'], json)).toBe(2)
    expect(await run(['allow', 'github', 'b.test'], json)).toBe(2)
  })

  it('show tells whom each rule is about, also before anything was recorded', async () => {
    await run(['expect', 'memory', 'none', '--client', 'cursor'], io)
    await run(['mute', 'github', 'local-only-egress'], io)
    const shown = withServers(SERVERS)
    expect(await run(['policy', 'show'], shown)).toBe(0)
    const lines = shown.written().out.split('\n')
    expect(lines.find((line) => /^ *1 /.test(line))).toMatch(
      /memory, client cursor +nothing .*memory \(cursor\)/,
    )
    expect(lines.find((line) => /^ *2 /.test(line))).toMatch(
      /github, client cursor +– +local-only-egress .*github \(cursor\)/,
    )
    const early = withServers(null)
    expect(await run(['policy', 'show'], early)).toBe(0)
    const json = withServers(null)
    await run(['policy', 'show', '--json'], json)
    expect(policyShowSchema.parse(JSON.parse(json.written().out)).rules).toHaveLength(2)
  })

  it('without a part is wrong usage', async () => {
    expect(await run(['policy'], io)).toBe(2)
    expect(await run(['policy', 'chek'], io)).toBe(2)
    expect(io.written().err).toContain('check')
  })
})
