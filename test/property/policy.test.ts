import fc from 'fast-check'
import { createScanner } from 'jsonc-parser'
import { describe, expect, it } from 'vitest'
import { allowHost, isAllowed, setExpectation } from '../../daemon/policy/edit-expect.ts'
import { mute, unmute } from '../../daemon/policy/edit-mute.ts'
import { type EditTarget, expectationOf, policyOf } from '../../daemon/policy/edit-target.ts'
import { parsePolicy } from '../../daemon/policy/parse.ts'
import { canonicalAddress } from '../../shared/address/canonical.ts'
import type { HostRule } from '../../shared/model/policy.ts'
import { coversHost } from '../../shared/policy/covers.ts'
import { formatHostRule, parseHostRule } from '../../shared/policy/host-rule.ts'
import { hostRuleMatches } from '../../shared/policy/match-host.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')
const HOUR = 3_600_000

const port = fc.option(fc.integer({ min: 1, max: 65_535 }))
const label = fc.stringMatching(/^[a-z0-9_](?:[a-z0-9_-]{0,10}[a-z0-9_])?$/)
const domain = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 3 }), fc.constantFrom('test', 'example', 'dev'))
  .map(([labels, last]) => [...labels, last].join('.'))
const address = fc.oneof(fc.ipV4(), fc.ipV6()).map((text) => canonicalAddress(text)?.address ?? '')
const hostRule: fc.Arbitrary<HostRule> = fc.oneof(
  fc.record({ kind: fc.constant('host' as const), host: domain, port }),
  fc.record({ kind: fc.constant('suffix' as const), suffix: domain, port }),
  fc.record({ address, port }).map((each) => ({
    kind: 'cidr' as const,
    ...each,
    bits: each.address.includes(':') ? 128 : 32,
  })),
  fc
    .record({
      first: fc.integer({ min: 1, max: 255 }),
      bits: fc.integer({ min: 8, max: 31 }),
      port,
    })
    .map(({ first, bits, port }) => ({
      kind: 'cidr' as const,
      address: `${first}.0.0.0`,
      bits,
      port,
    })),
)

describe('hosts of a policy', () => {
  it('are read as they are printed', () => {
    fc.assert(
      fc.property(hostRule, (rule) => {
        expect(parseHostRule(formatHostRule(rule))).toEqual({ ok: true, value: rule })
      }),
    )
  })

  it('are read or refused, whatever they are, and never hold everything', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.stringMatching(/^[\d.:/[\]*a-f@%]{0,40}$/),
    )
    fc.assert(
      fc.property(text, (each) => {
        const reading = parseHostRule(each, (name) => name)
        if (!reading.ok) return
        expect(parseHostRule(formatHostRule(reading.value))).toEqual(reading)
        const both = ['192.0.2.1', '61.0.0.1'].map((address) => ({
          address,
          port: 443,
          names: ['a.com', 'b.org'],
        }))
        expect(both.every((endpoint) => hostRuleMatches(reading.value, endpoint))).toBe(false)
      }),
    )
  })

  it('cover each other as they cover destinations', () => {
    fc.assert(
      fc.property(
        hostRule,
        hostRule,
        domain,
        address,
        fc.integer({ min: 1, max: 65_535 }),
        (a, b, name, ip, p) => {
          const endpoint = {
            address: b.kind === 'cidr' ? b.address : ip,
            port: b.port ?? p,
            names: [b.kind === 'host' ? b.host : b.kind === 'suffix' ? b.suffix : name],
          }
          if (coversHost(a, b) && hostRuleMatches(b, endpoint))
            expect(hostRuleMatches(a, endpoint)).toBe(true)
        },
      ),
    )
  })
})

const text = (parts: readonly string[]): string => parts.join('')
const filler = fc.constantFrom(
  '',
  ' ',
  '\n',
  '\n  ',
  ' // c%\n',
  ' /* c% */ ',
  '\n    // c%\n    ',
  '\t',
)
const name = fc.constantFrom('alpha', 'b/*\u202e"],\n// c0\\\ud800\u{e0041}')
const client = fc.constantFrom('cursor', 'vscode')

/** Policies as people write them: anything between the tokens, trailing commas, rules for anybody. */
const policyText = fc
  .record({
    rules: fc.array(
      fc.record({
        match: fc.oneof(
          fc.record({ name }),
          fc.record({ name, client }),
          fc.record({ client }),
          fc.record({ name, package: fc.constant('pkg') }),
        ),
        expect: fc.oneof(
          fc.constantFrom('none', 'local-only', 'lan', 'open'),
          fc.uniqueArray(hostRule.map(formatHostRule), { maxLength: 3 }),
        ),
        until: fc.option(fc.integer({ min: -3, max: 6 })),
        mute: fc.option(fc.constantFrom('local-only-egress', 'unreadable-server')),
      }),
      { maxLength: 4 },
    ),
    fillers: fc.array(filler, { minLength: 12, maxLength: 40 }),
    comma: fc.boolean(),
    crlf: fc.boolean(),
  })
  .map(({ rules, fillers, comma, crlf }) => {
    const json = JSON.stringify({
      version: 1,
      servers: rules.map(({ match, expect, until, mute }) => ({
        match,
        expect,
        ...(until === null ? {} : { until: new Date(NOW + until * HOUR).toISOString() }),
        ...(mute === null ? {} : { mute: [{ kind: mute }] }),
      })),
    })
    const spread = spreadOut(json, fillers, comma)
    return crlf ? spread.replaceAll('\n', '\r\n') : spread
  })

function spreadOut(json: string, fillers: readonly string[], trailing: boolean): string {
  const scanner = createScanner(json, true)
  const parts: string[] = []
  let count = 0
  for (scanner.scan(); scanner.getTokenOffset() < json.length; scanner.scan()) {
    const token = json.slice(
      scanner.getTokenOffset(),
      scanner.getTokenOffset() + scanner.getTokenLength(),
    )
    const before = parts.at(-2) ?? ''
    if (trailing && /^[\]}]$/.test(token) && !/^[[{,]$/.test(before)) parts.push(',')
    count += 1
    const fill = (fillers[count % fillers.length] ?? '').replace('%', String(count))
    parts.push(token, fill)
  }
  return text(parts)
}

const target: fc.Arbitrary<EditTarget> = fc.record({
  name,
  client,
  package: fc.constantFrom('pkg', null),
  alone: fc.boolean(),
  inherited: fc.constantFrom('open', 'local-only', 'lan', 'none'),
})
const OTHER: EditTarget = {
  name: 'other',
  client: 'cursor',
  package: 'pkg',
  alone: true,
  inherited: 'lan',
}
const hours = [-2, 0, 1, 2, 3, 4, 5, 7].map((each) => NOW + each * HOUR)
const ahead = hours.filter((at) => at >= NOW)

const printed = (list: EditTarget['inherited']): string[] =>
  typeof list === 'string' ? [list] : list.map(formatHostRule).sort()
const comments = (source: string): string[] => source.match(/\/\/ c\d+|\/\* c\d+ \*\//g) ?? []
const without = (source: string, part: RegExp): string => source.replace(part, '')

describe('edits of a policy', () => {
  it('are of texts that are policies', () => {
    fc.assert(
      fc.property(policyText, (source) => {
        expect(parsePolicy(source, NOW).policy).not.toBeNull()
      }),
    )
  })

  it('allow a host exactly as long as asked, and nothing else to anybody', () => {
    fc.assert(
      fc.property(
        policyText,
        target,
        hostRule,
        fc.option(fc.constantFrom(1, 2, 3, 5)),
        (source, who, host, length) => {
          const until = length === null ? null : NOW + length * HOUR
          const edited = allowHost(source, who, { host, until, why: null }, NOW)
          const [before, after] = [policyOf(source, NOW), policyOf(edited, NOW)]
          for (const at of ahead) {
            const had = expectationOf(before, who, at)
            const has = expectationOf(after, who, at)
            if (until === null || at < until) expect(isAllowed(has, host)).toBe(true)
            else expect(has).toEqual(had)
            if (isAllowed(had, host)) expect(has).toEqual(had)
            expect(expectationOf(after, OTHER, at)).toEqual(expectationOf(before, OTHER, at))
          }
          expect(comments(edited)).toEqual(expect.arrayContaining(comments(source)))
          expect(allowHost(edited, who, { host, until, why: null }, NOW)).toBe(edited)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('set what is expected for good', () => {
    const expectation = fc.oneof(
      fc.constantFrom('none', 'local-only', 'lan', 'open'),
      fc.uniqueArray(hostRule, { minLength: 1, maxLength: 3, selector: formatHostRule }),
    )
    fc.assert(
      fc.property(policyText, target, expectation, (source, who, wanted) => {
        const edited = setExpectation(source, who, wanted, NOW)
        for (const at of ahead) {
          const has = expectationOf(policyOf(edited, NOW), who, at)
          if (typeof wanted === 'string') expect(has).toBe(wanted)
          else expect(printed(has)).toEqual(printed(wanted))
          expect(expectationOf(policyOf(edited, NOW), OTHER, at)).toEqual(
            expectationOf(policyOf(source, NOW), OTHER, at),
          )
        }
        expect(setExpectation(edited, who, wanted, NOW)).toBe(edited)
      }),
      { numRuns: 300 },
    )
  })

  it('mute and unmute leaving all comments and all else that is said', () => {
    fc.assert(
      fc.property(policyText, target, fc.option(fc.constant(NOW + HOUR)), (source, who, until) => {
        const kind = 'local-only-egress'
        const muted = mute(source, who, { kind, until }, NOW)
        expect(comments(muted)).toEqual(
          expect.arrayContaining(comments(without(source, /"mute"[\s\S]*?\]/g))),
        )
        const back = unmute(muted, who, kind, NOW)
        for (const at of hours) {
          const had = expectationOf(policyOf(source, NOW), who, at)
          expect(expectationOf(policyOf(back, NOW), who, at)).toEqual(had)
          expect(expectationOf(policyOf(muted, NOW), who, at)).toEqual(had)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('a policy text', () => {
  it('is read without a throw, whatever it is', () => {
    const damaged = fc
      .tuple(policyText, fc.nat(), fc.nat(20), fc.string({ maxLength: 5 }))
      .map(([source, start, length, put]) => {
        const offset = start % (source.length + 1)
        return source.slice(0, offset) + put + source.slice(offset + length)
      })
    const any = fc.oneof(damaged, fc.string({ unit: 'binary' }), fc.json({ depthSize: 'large' }))
    fc.assert(
      fc.property(any, (source) => {
        const { policy, diagnostics } = parsePolicy(source, NOW)
        const errors = diagnostics.filter(({ severity }) => severity === 'error')
        expect(errors.length === 0).toBe(policy !== null)
        for (const { line, column } of diagnostics) {
          expect(line).toBeGreaterThan(0)
          expect(column).toBeGreaterThan(0)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
