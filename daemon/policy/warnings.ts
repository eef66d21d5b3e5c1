/** What a valid policy probably did not mean. Nothing here keeps it from being used. */
import type { PolicyDiagnostic } from '../../shared/contract/policy.ts'
import type { EpochMs } from '../../shared/model/ids.ts'
import type { Policy, PolicyRule } from '../../shared/model/policy.ts'
import { say } from '../../shared/policy/reading.ts'
import { isInForce } from '../../shared/policy/rule-for.ts'
import { closest } from '../../shared/text/closest.ts'
import { diagnostic, type PolicyDocument } from './document.ts'

/** `clients`: ids of those that are known. */
export function policyWarnings(
  policy: Policy,
  document: PolicyDocument,
  at: EpochMs,
  clients: readonly string[],
): PolicyDiagnostic[] {
  return policy.rules.flatMap((rule, index) => {
    const path = ['servers', index]
    const warn = (message: string, advice: string, ...below: string[]): PolicyDiagnostic =>
      diagnostic(document.placeOf([...path, ...below]), message, advice, 'warning')
    const found: PolicyDiagnostic[] = []
    if (!isInForce(rule, at))
      found.push(warn('this rule has expired', 'remove it, or write a later "until"'))
    else if (isShadowed(rule, policy.rules.slice(0, index)))
      found.push(warn('an earlier rule matches all that this one does', 'move this one up'))
    const { client } = rule.match
    if (client !== null && !clients.includes(client)) {
      const better = closest(client, clients)
      const advice = better === null ? `known: ${clients.join(', ')}` : `write ${say(better)}`
      found.push(warn('no client of this id is known', advice, 'match', 'client'))
    }
    return found
  })
}

/** Only rules without an end hide another for good. */
function isShadowed(rule: PolicyRule, earlier: readonly PolicyRule[]): boolean {
  if (rule.expect === null || rule.mutes.length > 0) return false
  return earlier.some(
    (other) => other.expect !== null && other.until === null && covers(other.match, rule.match),
  )
}

function covers(wide: PolicyRule['match'], narrow: PolicyRule['match']): boolean {
  const parts = ['name', 'client', 'package', 'image'] as const
  return parts.every((part) => wide[part] === null || wide[part] === narrow[part])
}
