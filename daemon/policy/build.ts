/** From the file's words to the model: hosts and times are read, and rules that say nothing are told. */
import { domainToASCII } from 'node:url'
import type { JSONPath } from 'jsonc-parser'
import ms, { type StringValue } from 'ms'
import type { PolicyDiagnostic } from '../../shared/contract/policy.ts'
import type { PolicyFileJson } from '../../shared/contract/policy-file.ts'
import type { EpochMs } from '../../shared/model/ids.ts'
import {
  DEFAULT_POLICY,
  type HostRule,
  type NotifySettings,
  type Policy,
  type PolicyRule,
} from '../../shared/model/policy.ts'
import { parseHostRule } from '../../shared/policy/host-rule.ts'
import { buildRetention } from './build-retention.ts'
import { diagnostic, type PolicyDocument } from './document.ts'
import { UNTIL_ADVICE } from './shape.ts'
import type { Tell } from './tell.ts'

type RuleJson = NonNullable<PolicyFileJson['servers']>[number]

const DAY_MS = 24 * 60 * 60_000

export interface Built {
  readonly policy: Policy
  readonly errors: readonly PolicyDiagnostic[]
}

/** The policy is of use only without errors. */
export function buildPolicy(json: PolicyFileJson, document: PolicyDocument): Built {
  const errors: PolicyDiagnostic[] = []
  const tell: Tell = (path, message, advice) =>
    void errors.push(diagnostic(document.placeOf(path), message, advice))
  const rules = (json.servers ?? []).map((rule, index) => buildRule(rule, ['servers', index], tell))
  return {
    policy: {
      defaultExpectation: json.defaults?.expectation ?? DEFAULT_POLICY.defaultExpectation,
      rules,
      resolveNames: json.names?.resolve ?? DEFAULT_POLICY.resolveNames,
      notify: buildNotify(json.notify, tell),
      retention: buildRetention(json.retention, tell),
    },
    errors,
  }
}

function buildRule(json: RuleJson, path: JSONPath, tell: Tell): PolicyRule {
  const { expect, children, mute = [], why } = json
  if (Object.keys(json.match).length === 0)
    tell(
      [...path, 'match'],
      'it would match every server',
      'name one like { "name": "…" }; what holds for all goes into "defaults"',
    )
  if (expect === undefined && mute.length === 0)
    tell(path, 'a rule that says nothing', 'write "expect" or "mute" in it, or remove it')
  if (expect === undefined && children !== undefined)
    tell([...path, 'children'], 'it needs "expect" beside it', 'write "expect" too, or remove it')
  return {
    match: buildMatch(json.match, [...path, 'match'], tell),
    expect: Array.isArray(expect)
      ? buildHosts(expect, [...path, 'expect'], tell)
      : (expect ?? null),
    children: children ?? null,
    mutes: mute.map(({ kind, until }, index) => ({
      kind,
      until: buildUntil(until, [...path, 'mute', index, 'until'], tell),
    })),
    until: buildUntil(json.until, [...path, 'until'], tell),
    why: why ?? null,
  }
}

function buildMatch(match: RuleJson['match'], path: JSONPath, tell: Tell): PolicyRule['match'] {
  const { name = null, client = null, package: pkg = null, image = null } = match
  if (pkg !== null && (pkg.indexOf('@', 1) > 0 || /[=<>~ ]/.test(pkg)))
    tell([...path, 'package'], 'a package with its version', 'leave out the version')
  if (image !== null && (image.includes('@') || image.lastIndexOf(':') > image.lastIndexOf('/')))
    tell([...path, 'image'], 'an image with its tag or digest', 'leave out what follows the name')
  if (pkg !== null && image !== null)
    tell(path, 'nothing is both a package and an image', 'keep "package" or "image"')
  return { name, client, package: pkg, image }
}

function buildHosts(hosts: readonly string[], path: JSONPath, tell: Tell): HostRule[] {
  return hosts.flatMap((host, index) => {
    const reading = parseHostRule(host, domainToASCII)
    if (reading.ok) return [reading.value]
    tell([...path, index], reading.problem, reading.advice)
    return []
  })
}

function buildUntil(text: string | undefined, path: JSONPath, tell: Tell): EpochMs | null {
  if (text === undefined) return null
  // A day counts to its end: "until the 31st" holds on the 31st.
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) + DAY_MS : Date.parse(text)
  if (Number.isFinite(at)) return at
  tell(path, 'not a day or time', UNTIL_ADVICE)
  return null
}

function buildNotify(json: PolicyFileJson['notify'], tell: Tell): NotifySettings {
  const { desktop, minSeverity, coolDownMs } = DEFAULT_POLICY.notify
  const length = json?.coolDown === undefined ? coolDownMs : ms(json.coolDown as StringValue)
  if (!(length >= 0 && length <= 365 * DAY_MS))
    tell(['notify', 'coolDown'], 'longer than a year', 'write a shorter time, like "1h"')
  return {
    desktop: json?.desktop ?? desktop,
    minSeverity: json?.minSeverity ?? minSeverity,
    coolDownMs: length,
  }
}
