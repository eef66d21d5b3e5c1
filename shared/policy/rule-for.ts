/** Which rule of the policy counts for a server at a moment. */
import type { EpochMs } from '../model/ids.ts'
import type { Mute, Policy, PolicyRule } from '../model/policy.ts'
import type { PackageRef, Server } from '../model/server.ts'

/** `package` is what runs, or what the command line names. */
export interface RuleSubject {
  readonly server: Pick<Server, 'name' | 'client'>
  readonly package: PackageRef | null
}

/** As little as matching needs; a name that may be either stands in both. */
export interface MatchSubject {
  readonly name: string
  readonly client: string
  readonly package: string | null
  readonly image: string | null
  /** Spellings of `package` that PEP 503 takes for one name count as equal. */
  readonly pypi: boolean
}

/**
 * The first rule that matches, is in force at `at` and says what to expect; null when expectation comes from further
 * down. Ask anew each tick: rules expire by the wall clock.
 */
export function ruleFor(policy: Policy, subject: RuleSubject, at: EpochMs): PolicyRule | null {
  const target = toMatchSubject(subject)
  return policy.rules.find((rule) => rule.expect !== null && applies(rule, target, at)) ?? null
}

/** What is muted: of every rule that matches and is in force, not of the first alone. */
export function mutesFor(policy: Policy, subject: RuleSubject, at: EpochMs): readonly Mute[] {
  const target = toMatchSubject(subject)
  return policy.rules
    .filter((rule) => applies(rule, target, at))
    .flatMap((rule) => rule.mutes.filter((mute) => isInForce(mute, at)))
}

/** Whether the rule matches and has not expired. */
export function applies(rule: PolicyRule, subject: MatchSubject, at: EpochMs): boolean {
  return isInForce(rule, at) && matches(rule.match, subject)
}

export function isInForce(entry: { readonly until: EpochMs | null }, at: EpochMs): boolean {
  return entry.until === null || at < entry.until
}

export function matches(match: PolicyRule['match'], subject: MatchSubject): boolean {
  return (
    (match.name === null || match.name === subject.name) &&
    (match.client === null || match.client === subject.client) &&
    (match.package === null ||
      (subject.package !== null && sameName(match.package, subject.package, subject.pypi))) &&
    (match.image === null ||
      (subject.image !== null && sameName(match.image, subject.image, false)))
  )
}

function toMatchSubject({ server, package: pkg }: RuleSubject): MatchSubject {
  const isImage = pkg?.ecosystem === 'image'
  return {
    name: server.name,
    client: server.client,
    package: pkg === null || isImage ? null : pkg.name,
    image: pkg !== null && isImage ? pkg.name : null,
    pypi: pkg?.ecosystem === 'pypi',
  }
}

function sameName(wanted: string, name: string, pypi: boolean): boolean {
  return pypi ? fold(wanted) === fold(name) : wanted.toLowerCase() === name.toLowerCase()
}

/** PEP 503: case and runs of `-`, `_`, `.` do not tell names apart. */
function fold(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}
