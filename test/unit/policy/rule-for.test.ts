import { describe, expect, it } from 'vitest'
import { DEFAULT_POLICY, type Policy, type PolicyRule } from '../../../shared/model/policy.ts'
import type { PackageRef } from '../../../shared/model/server.ts'
import { mutesFor, ruleFor } from '../../../shared/policy/rule-for.ts'

const NOW = 1_000_000

const rule = (
  match: Partial<PolicyRule['match']>,
  changes: Partial<PolicyRule> = {},
): PolicyRule => ({
  match: { name: null, client: null, package: null, image: null, ...match },
  expect: 'none',
  children: null,
  mutes: [],
  until: null,
  why: null,
  ...changes,
})
const policy = (...rules: PolicyRule[]): Policy => ({ ...DEFAULT_POLICY, rules })
const subject = (name: string, pkg: PackageRef | null = null) => ({
  server: { name, client: 'cursor' },
  package: pkg,
})
const pkg = (ecosystem: PackageRef['ecosystem'], name: string): PackageRef => ({
  ecosystem,
  name,
  version: '1.0.0',
})

describe('the rule for a server', () => {
  it('is the first that matches in all its parts', () => {
    const rules = [
      rule({ name: 'a', client: 'vscode' }),
      rule({ name: 'a', package: 'pkg' }),
      rule({ client: 'cursor' }),
      rule({ name: 'a' }),
    ]
    expect(ruleFor(policy(...rules), subject('a'), NOW)).toBe(rules[2])
    expect(ruleFor(policy(...rules), subject('a', pkg('npm', 'pkg')), NOW)).toBe(rules[1])
    expect(ruleFor(policy(rule({ name: 'b' })), subject('a'), NOW)).toBeNull()
  })

  it('holds until its end, by the clock that is handed in', () => {
    const [short, long] = [rule({ name: 'a' }, { until: NOW + 1 }), rule({ name: 'a' })]
    expect(ruleFor(policy(short, long), subject('a'), NOW)).toBe(short)
    expect(ruleFor(policy(short, long), subject('a'), NOW + 1)).toBe(long)
  })

  it('is not one that only mutes; mutes add up while they last', () => {
    const kind = 'local-only-egress'
    const mutes = rule({ client: 'cursor' }, { expect: null, mutes: [{ kind, until: NOW + 1 }] })
    const both = rule({ name: 'a' }, { mutes: [{ kind: 'unreadable-server', until: null }] })
    const other = rule({ name: 'b' }, { mutes: [{ kind, until: null }] })
    const made = policy(mutes, both, other)
    expect(ruleFor(made, subject('a'), NOW)).toBe(both)
    expect(mutesFor(made, subject('a'), NOW).map((mute) => mute.kind)).toEqual([
      kind,
      'unreadable-server',
    ])
    expect(mutesFor(made, subject('a'), NOW + 1).map((mute) => mute.kind)).toEqual([
      'unreadable-server',
    ])
  })

  it('compares packages as their ecosystem does, and images only with images', () => {
    const matched = (match: Partial<PolicyRule['match']>, ref: PackageRef): boolean =>
      ruleFor(policy(rule(match)), subject('a', ref), NOW) !== null
    expect(matched({ package: 'My.Server' }, pkg('pypi', 'my-server'))).toBe(true)
    expect(matched({ package: 'my.server' }, pkg('npm', 'my-server'))).toBe(false)
    expect(matched({ image: 'mcp/git' }, pkg('image', 'mcp/git'))).toBe(true)
    expect(matched({ package: 'mcp/git' }, pkg('image', 'mcp/git'))).toBe(false)
    expect(matched({ image: 'pkg' }, pkg('npm', 'pkg'))).toBe(false)
  })
})
