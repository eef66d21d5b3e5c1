import { describe, expect, it } from 'vitest'
import { allowHost, isAllowed, setExpectation } from '../../../daemon/policy/edit-expect.ts'
import { mute, unmute } from '../../../daemon/policy/edit-mute.ts'
import { type EditTarget, expectationOf, policyOf } from '../../../daemon/policy/edit-target.ts'
import { parseHostRule } from '../../../shared/policy/host-rule.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')
const DAY = 86_400_000

const target: EditTarget = {
  name: 'github',
  client: 'cursor',
  package: 'gh-mcp',
  alone: true,
  inherited: 'open',
}

const rule = (text: string) => {
  const reading = parseHostRule(text)
  if (!reading.ok) throw new Error(text)
  return reading.value
}
const allow = (text: string, host: string, until: number | null, who = target): string =>
  allowHost(text, who, { host: rule(host), until, why: null }, NOW)
const expected = (text: string, at: number, who = target) =>
  expectationOf(policyOf(text, NOW), who, at)
const allows = (text: string, host: string, at: number, who = target): boolean =>
  isAllowed(expected(text, at, who), rule(host))

const FILE = `// my policy
{
  "version": 1, // first
  "servers": [
    // other people's
    { "match": { "name": "files" }, "expect": "none" }, // never
    /* mine */
    {
      "match": { "name": "github" },
      "expect": [
        "api.github.com:443", // the API
        ".example.com" // why not
        // end of hosts
      ]
    }
    // end of rules
  ]
}
`

describe('expecting', () => {
  it('adds a rule with the client, after what is there', () => {
    expect(setExpectation(FILE, { ...target, name: 'new' }, 'local-only', NOW)).toBe(
      FILE.replace(
        '    }\n    // end of rules',
        '    },\n    { "match": { "name": "new", "client": "cursor" }, "expect": "local-only" }\n    // end of rules',
      ),
    )
  })

  it('writes what cannot be seen as escapes', () => {
    const text = setExpectation(FILE, { ...target, name: 'a\u202eb\u0007\u{e0041}' }, 'none', NOW)
    expect(text).toContain('"a\\u202eb\\u0007\\udb40\\udc41"')
  })

  it('changes the rule there is, in its place', () => {
    const before = FILE.slice(0, FILE.indexOf('[\n        "api'))
    const after = '\n    }\n    // end of rules\n  ]\n}\n'
    expect(setExpectation(FILE, target, 'lan', NOW)).toBe(`${before}"lan"${after}`)
  })

  it('leaves the hosts that stay, with their comments', () => {
    expect(setExpectation(FILE, target, [rule('api.github.com:443'), rule('b.test')], NOW)).toBe(
      FILE.replace(
        '        ".example.com" // why not\n',
        '         // why not\n        "b.test"\n',
      ),
    )
  })

  it('goes before a wider rule that would win', () => {
    const wide = '{"version": 1, "servers": [{"match": {"client": "cursor"}, "expect": "open"}]}'
    const text = setExpectation(wide, target, 'none', NOW)
    expect(expected(text, NOW)).toBe('none')
    expect(expected(text, NOW, { ...target, name: 'other' })).toBe('open')
  })

  it('does not touch a rule that is about servers of other clients too', () => {
    const text = setExpectation(FILE, { ...target, alone: false }, 'none', NOW)
    expect(expected(text, NOW)).toBe('none')
    expect(expected(text, NOW, { ...target, client: 'zed' })).not.toBe('none')
  })

  it('holds after a permission with an end is over, and takes that out', () => {
    const text = setExpectation(allow(FILE, 'c.test', NOW + DAY), target, 'none', NOW)
    expect(text).toBe(setExpectation(FILE, target, 'none', NOW))
    expect(expected(text, NOW)).toBe('none')
    expect(expected(text, NOW + 2 * DAY)).toBe('none')
  })
})

describe('allowing a host', () => {
  it('adds it to the list, and once', () => {
    const text = allow(FILE, 'b.test:443', null)
    expect(text).toBe(
      FILE.replace('".example.com" // why not', '".example.com", // why not\n        "b.test:443"'),
    )
    expect(allow(text, 'b.test:443', null)).toBe(text)
    expect(allow(text, 'a.example.com:80', null)).toBe(text)
  })

  it('for a time leaves what holds before and after', () => {
    const text = allow(FILE, 'b.test', NOW + DAY)
    expect(
      text.replace(
        /\n {4}\{\n {6}"match": \{ "name": "github", "client"[\s\S]*?\n {4}\},(?=\n)/,
        '',
      ),
    ).toBe(FILE)
    expect(allows(text, 'b.test', NOW)).toBe(true)
    expect(allows(text, 'api.github.com:443', NOW)).toBe(true)
    expect(allows(text, 'b.test', NOW + DAY)).toBe(false)
    expect(expected(text, NOW + DAY)).toEqual(expected(FILE, NOW))
  })

  it('for two times keeps to both', () => {
    for (const [first, second] of [
      [1, 3],
      [3, 1],
    ] as const) {
      const text = allow(allow(FILE, 'a.test', NOW + first * DAY), 'b.test', NOW + second * DAY)
      for (const day of [0, 1, 2, 3]) {
        expect(allows(text, 'a.test', NOW + day * DAY)).toBe(day < first)
        expect(allows(text, 'b.test', NOW + day * DAY)).toBe(day < second)
      }
    }
  })

  it('for ever holds also after a permission with an end', () => {
    const text = allow(allow(FILE, 'a.test', NOW + DAY), 'b.test', null)
    expect(allows(text, 'b.test', NOW)).toBe(true)
    expect(allows(text, 'b.test', NOW + DAY)).toBe(true)
    expect(allows(text, 'a.test', NOW + DAY)).toBe(false)
  })

  it('keeps what was expected without a rule', () => {
    const empty = '{"version": 1}'
    const lan = { ...target, inherited: 'lan' } as const
    const text = allow(empty, 'a.test', null, lan)
    expect(allows(text, 'a.test', NOW)).toBe(true)
    expect(allows(text, '192.168.1.9:80', NOW)).toBe(true)
    expect(allows(text, '192.0.2.1', NOW)).toBe(false)
    expect(allow(empty, 'a.test', null)).toBe(empty)
  })
})

describe('muting', () => {
  it('adds to the rule of the server, and unmuting gives back the text', () => {
    const muted = mute(FILE, target, { kind: 'local-only-egress', until: NOW + DAY }, NOW)
    expect(policyOf(muted, NOW).rules[1]?.mutes).toEqual([
      { kind: 'local-only-egress', until: NOW + DAY },
    ])
    const both = mute(muted, target, { kind: 'unreadable-server', until: null }, NOW)
    expect(unmute(both, target, 'unreadable-server', NOW)).toBe(muted)
    expect(policyOf(unmute(muted, target, 'local-only-egress', NOW), NOW)).toEqual(
      policyOf(FILE, NOW),
    )
  })

  it('makes a rule that only mutes, and unmuting removes it', () => {
    const other = { ...target, name: 'other' }
    const muted = mute(FILE, other, { kind: 'local-only-egress', until: null }, NOW)
    expect(expected(muted, NOW, other)).toBe('open')
    expect(unmute(muted, other, 'local-only-egress', NOW)).toBe(FILE)
  })

  it('says a new end instead of the old one', () => {
    const kind = 'local-only-egress'
    const text = mute(
      mute(FILE, target, { kind, until: NOW + DAY }, NOW),
      target,
      { kind, until: null },
      NOW,
    )
    expect(policyOf(text, NOW).rules[1]?.mutes).toEqual([{ kind, until: null }])
    expect(mute(text, target, { kind, until: null }, NOW)).toBe(text)
  })
})
