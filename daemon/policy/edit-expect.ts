/**
 * What a user decides to expect, as changes to the policy's text. Pure; every byte that a decision is not about stays.
 * Each function is given a text that `parsePolicy` takes, without a byte order mark.
 */
import type { EpochMs } from '../../shared/model/ids.ts'
import type { HostRule, PolicyRule } from '../../shared/model/policy.ts'
import { coversHost } from '../../shared/policy/covers.ts'
import { formatHostRule } from '../../shared/policy/host-rule.ts'
import { LAN_RULES } from '../../shared/policy/match-host.ts'
import {
  type EditTarget,
  type Expect,
  effective,
  insertRule,
  isOwn,
  ownMatch,
  policyOf,
  timeText,
} from './edit-target.ts'
import { appendItem, remove, replaceValue, sourceOf } from './splice.ts'

/** From now on, whatever other rule is in force now or once that has expired. */
export function setExpectation(
  text: string,
  target: EditTarget,
  expect: Expect,
  now: EpochMs,
): string {
  let result = text
  for (let at = now; ; ) {
    const { index, rule } = effective(policyOf(result, now), target, at)
    if (rule === null || !isOwn(rule, target))
      return insertRule(result, index, { match: ownMatch(target), expect: expectJson(expect) })
    if (isDispensable(result, index, rule)) {
      result = remove(result, ['servers', index])
      continue
    }
    result = writeExpect(result, index, rule, expect)
    if (rule.until === null) return result
    at = rule.until
  }
}

/**
 * Adds one host to what is expected, for ever or until a time. A rule that ends before is amended, and so is what
 * follows it; a rule that outlasts the permission gets one with an end in front of it, so that it holds again after.
 */
export function allowHost(
  text: string,
  target: EditTarget,
  allowed: { readonly host: HostRule; readonly until: EpochMs | null; readonly why: string | null },
  now: EpochMs,
): string {
  const { host, until, why } = allowed
  let result = text
  for (let at = now; ; ) {
    const { index, rule } = effective(policyOf(result, now), target, at)
    const expect = rule?.expect ?? target.inherited
    const end = rule?.until ?? null
    if (!isAllowed(expect, host)) {
      const amend = until === null || (end !== null && end <= until)
      if (rule !== null && amend && isOwn(rule, target)) {
        const path = ['servers', index, 'expect']
        result = isList(expect)
          ? appendItem(result, path, formatHostRule(host))
          : replaceValue(result, path, expectJson([...asList(expect), host]))
      } else {
        const last = earlier(until, end)
        result = insertRule(result, index, {
          match: ownMatch(target),
          expect: expectJson([...asList(expect), host]),
          ...(rule === null || rule.children === null ? {} : { children: rule.children }),
          ...(last === null ? {} : { until: timeText(last) }),
          ...(why === null ? {} : { why }),
        })
      }
    }
    if (end === null || (until !== null && until <= end)) return result
    at = end
  }
}

/** Whether every destination that `host` stands for is expected already. */
export function isAllowed(expect: Expect, host: HostRule): boolean {
  return expect === 'open' || asList(expect).some((rule) => coversHost(rule, host))
}

/** A permission with an end that is overruled says nothing any more, unless somebody wrote a comment into it. */
function isDispensable(text: string, index: number, rule: PolicyRule): boolean {
  return (
    rule.until !== null &&
    rule.mutes.length === 0 &&
    !/\/[/*]/.test(sourceOf(text, ['servers', index]))
  )
}

/** Where a list becomes another one, what stays in it keeps its place and its comments. */
function writeExpect(text: string, index: number, rule: PolicyRule, expect: Expect): string {
  const path = ['servers', index, 'expect']
  const before = rule.expect
  if (before === null || !isList(before) || !isList(expect) || expect.length === 0)
    return same(before, expect) ? text : replaceValue(text, path, expectJson(expect))
  const wanted = expect.map(formatHostRule)
  const had = before.map(formatHostRule)
  let result = text
  for (const host of wanted.filter((each) => !had.includes(each)))
    result = appendItem(result, path, host)
  for (const [place, host] of [...had.entries()].reverse())
    if (!wanted.includes(host)) result = remove(result, [...path, place])
  return result
}

function same(left: Expect | null, right: Expect): boolean {
  return left !== null && JSON.stringify(expectJson(left)) === JSON.stringify(expectJson(right))
}

function isList(expect: Expect): expect is readonly HostRule[] {
  return typeof expect !== 'string'
}

/** The rules that a word stands for, beside this machine itself. */
function asList(expect: Expect): readonly HostRule[] {
  if (isList(expect)) return expect
  return expect === 'lan' ? LAN_RULES : []
}

function expectJson(expect: Expect): string | readonly string[] {
  return isList(expect) ? expect.map(formatHostRule) : expect
}

function earlier(left: EpochMs | null, right: EpochMs | null): EpochMs | null {
  if (left === null) return right
  return right === null ? left : Math.min(left, right)
}
