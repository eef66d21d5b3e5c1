/** Whom an edit of the policy is about, and which of its rules are that server's alone. */
import type { EpochMs } from '../../shared/model/ids.ts'
import type { Policy, PolicyRule } from '../../shared/model/policy.ts'
import { applies, type MatchSubject } from '../../shared/policy/rule-for.ts'
import { parsePolicy } from './parse.ts'
import { addProperty, hasValue, insertItem } from './splice.ts'

export type Expect = NonNullable<PolicyRule['expect']>

export interface EditTarget {
  readonly name: string
  readonly client: string
  /** Package or image that runs, where known. */
  readonly package: string | null
  /** No other client has a server of this name: a rule for the name alone is about this server. */
  readonly alone: boolean
  /** What holds where no rule of the policy says anything. */
  readonly inherited: Expect
}

/** A rule as it is written into the file. */
type RuleJson = Readonly<Record<string, unknown>>

/** Throws when the text is no policy: whoever edits has checked it. */
export function policyOf(text: string, now: EpochMs): Policy {
  const { policy } = parsePolicy(text, now)
  if (policy === null) throw new TypeError('an edit was asked of a policy that cannot be read')
  return policy
}

/** The rule that says what to expect at `at`; without one, `index` is behind the last. */
export function effective(
  policy: Policy,
  target: EditTarget,
  at: EpochMs,
): { readonly index: number; readonly rule: PolicyRule | null } {
  const subject = subjectOf(target)
  const index = policy.rules.findIndex((rule) => rule.expect !== null && applies(rule, subject, at))
  return index < 0
    ? { index: policy.rules.length, rule: null }
    : { index, rule: policy.rules[index] ?? null }
}

/** What is expected of it at `at`. */
export function expectationOf(policy: Policy, target: EditTarget, at: EpochMs): Expect {
  return effective(policy, target, at).rule?.expect ?? target.inherited
}

/** A package's ecosystem is not told to the command line, so it may be either here. */
export function subjectOf({ name, client, package: pkg }: EditTarget): MatchSubject {
  return { name, client, package: pkg, image: pkg, pypi: true }
}

/** Whether changing the rule concerns no other server. */
export function isOwn({ match }: PolicyRule, target: EditTarget): boolean {
  return (
    match.name === target.name &&
    (match.client === target.client || (match.client === null && target.alone)) &&
    match.package === null &&
    match.image === null
  )
}

/** With the client: a server of the same name elsewhere is another one. */
export function ownMatch({ name, client }: EditTarget): RuleJson {
  return { name, client }
}

export function insertRule(text: string, index: number, rule: RuleJson): string {
  if (!hasValue(text, ['servers'])) return addProperty(text, [], 'servers', [rule])
  return insertItem(text, ['servers'], index, rule)
}

/** To the second, rounded up, so that it reads well. */
export function timeText(at: EpochMs): string {
  return new Date(Math.ceil(at / 1000) * 1000).toISOString().replace('.000Z', 'Z')
}
