/** Which of an entry's or a policy's hosts can be looked up beforehand. */
import type { HostRule } from '../model/policy.ts'

/** The exact names, once each. Of a suffix nobody can list what lies below it, and a range has no name. */
export function hostsToResolve(rules: readonly HostRule[]): readonly string[] {
  return [...new Set(rules.flatMap((rule) => (rule.kind === 'host' ? [rule.host] : [])))]
}
