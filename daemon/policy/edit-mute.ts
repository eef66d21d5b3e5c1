/** What a user no longer wants to be told, as changes to the policy's text; as in edit-expect.ts. */
import type { EpochMs } from '../../shared/model/ids.ts'
import type { FindingKind } from '../../shared/model/judgement.ts'
import type { Policy } from '../../shared/model/policy.ts'
import { applies, isInForce } from '../../shared/policy/rule-for.ts'
import {
  type EditTarget,
  insertRule,
  isOwn,
  ownMatch,
  policyOf,
  subjectOf,
  timeText,
} from './edit-target.ts'
import { addProperty, appendItem, hasValue, remove, replaceValue } from './splice.ts'

/** Muted until a time, or for ever; what was said of this kind for this server before is replaced. */
export function mute(
  text: string,
  target: EditTarget,
  muted: { readonly kind: FindingKind; readonly until: EpochMs | null },
  now: EpochMs,
): string {
  const { kind, until } = muted
  const entry = { kind, ...(until === null ? {} : { until: timeText(until) }) }
  const { rules } = policyOf(text, now)
  const mine = rules.flatMap((rule, index) =>
    isOwn(rule, target) && rule.until === null ? [{ rule, index }] : [],
  )
  for (const { rule, index } of mine) {
    const place = rule.mutes.findIndex((each) => each.kind === kind)
    if (place < 0) continue
    if (rule.mutes[place]?.until === until) return text
    return replaceValue(text, ['servers', index, 'mute', place], entry)
  }
  const first = mine[0]
  if (first === undefined)
    return insertRule(text, rules.length, { match: ownMatch(target), mute: [entry] })
  const path = ['servers', first.index]
  return hasValue(text, [...path, 'mute'])
    ? appendItem(text, [...path, 'mute'], entry)
    : addProperty(text, path, 'mute', [entry])
}

/** Takes the kind out of the rules for this server alone; `stillMuted` tells of the rest. */
export function unmute(text: string, target: EditTarget, kind: FindingKind, now: EpochMs): string {
  let result = text
  for (;;) {
    const { rules } = policyOf(result, now)
    const index = rules.findIndex(
      (rule) => isOwn(rule, target) && rule.mutes.some((each) => each.kind === kind),
    )
    const rule = rules[index]
    if (rule === undefined) return result
    if (rule.mutes.length > 1)
      result = remove(result, [
        'servers',
        index,
        'mute',
        rule.mutes.findIndex((each) => each.kind === kind),
      ])
    else if (rule.expect === null) result = remove(result, ['servers', index])
    else result = remove(result, ['servers', index, 'mute'])
  }
}

/** Whether a rule for more than this server mutes the kind. */
export function stillMuted(
  policy: Policy,
  target: EditTarget,
  kind: FindingKind,
  now: EpochMs,
): boolean {
  return policy.rules.some(
    (rule) =>
      applies(rule, subjectOf(target), now) &&
      rule.mutes.some((each) => each.kind === kind && isInForce(each, now)),
  )
}
