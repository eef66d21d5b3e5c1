/** What the command line may ask of the policy; no daemon is needed for it, and a running one sees the file change. */
import { existsSync } from 'node:fs'
import type { PolicyCheck, PolicyPath, PolicyShow } from '../../shared/contract/policy.ts'
import { McpWatchError } from '../../shared/errors.ts'
import type { EpochMs } from '../../shared/model/ids.ts'
import type { PolicyRule } from '../../shared/model/policy.ts'
import { formatHostRule } from '../../shared/policy/host-rule.ts'
import { isInForce } from '../../shared/policy/rule-for.ts'
import { type Decision, type DecisionTarget, decide } from './decide.ts'
import { policyPath, schemaPath } from './place.ts'
import { hasError, readPolicyOnce } from './policy-file.ts'

export type { Decision, DecisionTarget } from './decide.ts'

export interface PolicyDesk {
  path(): PolicyPath
  check(): PolicyCheck
  /** Throws McpWatchError POLICY_INVALID. */
  show(): PolicyShow
  /** As `decide`. */
  decide(target: DecisionTarget, decision: Decision): ReturnType<typeof decide>
}

export interface PolicyDeskOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly wallMs: () => EpochMs
}

export function createPolicyDesk({ env, home, wallMs }: PolicyDeskOptions): PolicyDesk {
  const path = policyPath(env, home)
  return {
    path: () => ({ schemaVersion: 1, path, exists: existsSync(path), schema: schemaPath() }),
    check() {
      const { policy, diagnostics, exists } = readPolicyOnce(path, wallMs())
      return {
        schemaVersion: 1,
        path,
        exists,
        valid: !hasError(diagnostics),
        rules: policy?.rules.length ?? 0,
        diagnostics: [...diagnostics],
      }
    },
    show: () => showPolicy(path, wallMs()),
    decide: (target, decision) => decide({ path, wallMs }, target, decision),
  }
}

function showPolicy(path: string, now: EpochMs): PolicyShow {
  const { policy, diagnostics, exists } = readPolicyOnce(path, now)
  if (policy === null) {
    const [first] = diagnostics
    const place = [path, first?.line, first?.column].filter((part) => part != null).join(':')
    throw new McpWatchError('POLICY_INVALID', `${place}: ${first?.message ?? 'cannot be used'}`, {
      hint: first?.advice ?? 'see "mcp-watch policy check"',
    })
  }
  return {
    schemaVersion: 1,
    path,
    exists,
    defaultExpectation: policy.defaultExpectation,
    resolveNames: policy.resolveNames,
    notify: policy.notify,
    retention: policy.retention,
    rules: policy.rules.map((rule) => ruleAnswer(rule, now)),
  }
}

function ruleAnswer(rule: PolicyRule, now: EpochMs): PolicyShow['rules'][number] {
  const { match, expect, children, mutes, until, why } = rule
  return {
    match,
    expect: expect === null || typeof expect === 'string' ? expect : expect.map(formatHostRule),
    children,
    mutes: mutes.map((mute) => ({ kind: mute.kind, until: iso(mute.until) })),
    until: iso(until),
    expired: !isInForce(rule, now),
    why,
  }
}

function iso(at: EpochMs | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
