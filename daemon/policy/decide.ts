/** One decision of the user's: read as it was typed, put into the file, and said back. */
import { domainToASCII } from 'node:url'
import { findInCatalogue } from '../../shared/catalogue/find-known-server.ts'
import type { ServerState } from '../../shared/contract/common.ts'
import type { PolicyEditAnswer } from '../../shared/contract/policy.ts'
import { EXPECT_WORDS } from '../../shared/contract/policy-file.ts'
import { McpWatchError } from '../../shared/errors.ts'
import type { EpochMs } from '../../shared/model/ids.ts'
import {
  type Expectation,
  type ExpectationSource,
  FINDING_KINDS,
  type FindingKind,
} from '../../shared/model/judgement.ts'
import type { HostRule, Policy } from '../../shared/model/policy.ts'
import { formatHostRule, parseHostRule } from '../../shared/policy/host-rule.ts'
import { closest } from '../../shared/text/closest.ts'
import { allowHost, isAllowed, setExpectation } from './edit-expect.ts'
import { mute, stillMuted, unmute } from './edit-mute.ts'
import { type EditTarget, type Expect, expectationOf, policyOf, timeText } from './edit-target.ts'
import { parsePolicy } from './parse.ts'
import { editPolicyFile } from './write-file.ts'

/** As the command line got it. `forMs` null is for ever. */
export type Decision =
  | { readonly kind: 'expect'; readonly words: readonly string[] }
  | { readonly kind: 'allow'; readonly host: string; readonly forMs: number | null }
  | { readonly kind: 'mute'; readonly finding: string; readonly forMs: number | null }
  | { readonly kind: 'unmute'; readonly finding: string }

/** The server as the answers describe it. */
export interface DecisionTarget {
  readonly name: string
  readonly client: string
  readonly package: { readonly name: string } | null
  readonly expectation: Expectation
  readonly expectationSource: ExpectationSource
  /** The hosts of expectation `rules`; needed where its own entry lists them. */
  readonly rules?: readonly string[]
  /** As far as it is known. */
  readonly state?: ServerState
  /** No other client has a server of this name. */
  readonly alone: boolean
}

/** How the text changes, and what is said of it; `before` is the policy until now. */
interface Plan {
  edit(text: string, target: EditTarget): string
  say(before: Policy, after: Policy, target: EditTarget): string
}

/** Throws McpWatchError USAGE, POLICY_INVALID, POLICY_CHANGED or POLICY_FILE; then nothing was changed. */
export async function decide(
  place: { readonly path: string; readonly wallMs: () => EpochMs },
  about: DecisionTarget,
  decision: Decision,
): Promise<PolicyEditAnswer> {
  const now = place.wallMs()
  const plan = planFor(decision, now)
  let message = ''
  const { changed, created } = await editPolicyFile({
    ...place,
    edit(text) {
      const before = policyOf(text, now)
      const target = targetOf(about, before)
      const edited = plan.edit(text, target)
      const { policy: after } = parsePolicy(edited, now)
      if (after !== null) message = plan.say(before, after, target) + remoteWords(about, decision)
      return edited
    },
  })
  return { schemaVersion: 1, path: place.path, changed, created, message }
}

/** What an expectation is not good for: a rule counts as soon as the entry starts something on this machine. */
function remoteWords({ state }: DecisionTarget, { kind }: Decision): string {
  const isOfHosts = kind === 'allow' || kind === 'expect'
  if (state !== 'remote' || !isOfHosts) return ''
  return '. It is a remote server, which its client talks to itself: nothing of that is judged here'
}

function planFor(decision: Decision, now: EpochMs): Plan {
  switch (decision.kind) {
    case 'expect': {
      const expect = readExpect(decision.words)
      return {
        edit: (text, target) => setExpectation(text, target, expect, now),
        say: (_before, _after, target) => `${who(target)} may now talk to ${expectWords(expect)}`,
      }
    }
    case 'allow':
      return planAllow(readHost(decision.host), untilOf(decision.forMs, now), now)
    case 'mute': {
      const kind = readKind(decision.finding)
      const until = untilOf(decision.forMs, now)
      return {
        edit: (text, target) => mute(text, target, { kind, until }, now),
        say: (_before, _after, target) =>
          `findings of kind ${kind} about ${who(target)} are recorded and not notified${endWords(until)}`,
      }
    }
    case 'unmute': {
      const kind = readKind(decision.finding)
      return {
        edit: (text, target) => unmute(text, target, kind, now),
        say: (before, after, target) => unmuteWords(kind, target, before, after, now),
      }
    }
  }
}

function planAllow(host: HostRule, until: EpochMs | null, now: EpochMs): Plan {
  const text = formatHostRule(host)
  const why = until === null ? null : `${text} allowed on ${timeText(now).slice(0, 10)}`
  return {
    edit: (source, target) => allowHost(source, target, { host, until, why }, now),
    say(before, _after, target) {
      const had = expectationOf(before, target, now)
      if (had === 'open') return `${who(target)} may talk to anything; nothing has to be allowed`
      if (isAllowed(had, host) && until === null) return `${who(target)} may talk to ${text}`
      const local =
        had === 'none' ? '; connections that stay on this machine are expected with it' : ''
      return `${who(target)} may now talk to ${text} too${endWords(until)}${local}`
    },
  }
}

function unmuteWords(
  kind: FindingKind,
  target: EditTarget,
  before: Policy,
  after: Policy,
  now: EpochMs,
): string {
  const about = `findings of kind ${kind} about ${who(target)}`
  if (stillMuted(after, target, kind, now))
    return `${about} are still muted by a rule that is about other servers too: change it by hand`
  return stillMuted(before, target, kind, now)
    ? `${about} are notified again`
    : `${about} are not muted`
}

/** What holds for it where the policy file has no rule, as far as can be told without looking at what runs. */
function targetOf(about: DecisionTarget, policy: Policy): EditTarget {
  const { name, client, alone, expectation, expectationSource } = about
  const known = (['npm', 'pypi', 'image'] as const)
    .map((ecosystem) =>
      about.package === null
        ? null
        : findInCatalogue({ ecosystem, name: about.package.name, version: null }, null),
    )
    .find((each) => each !== null)
  const stated = expectationSource !== 'policy' && expectationSource !== 'default'
  const inherited = (): Expect => {
    if (stated && expectation !== 'rules') return expectation
    if (expectationSource === 'configuration') return (about.rules ?? []).map(readHost)
    if (known === undefined || known === null) return policy.defaultExpectation
    return known.expectation === 'rules' ? known.rules : known.expectation
  }
  return { name, client, alone, package: about.package?.name ?? null, inherited: inherited() }
}

function readExpect(words: readonly string[]): Expect {
  const [first = ''] = words
  const word = EXPECT_WORDS.find((each) => each === first)
  if (word !== undefined && words.length === 1) return word
  if (words.length === 1 && !/[.:]/.test(first)) {
    const better = closest(first, EXPECT_WORDS)
    if (better !== null) throw usage(`no expectation is called so`, `did you mean "${better}"?`)
  }
  const rules = words.map(readHost)
  return rules.filter((rule, index) => rules.findIndex((each) => same(each, rule)) === index)
}

function readHost(text: string): HostRule {
  const reading = parseHostRule(text, domainToASCII)
  if (reading.ok) return reading.value
  throw usage(reading.problem, reading.advice)
}

function readKind(text: string): FindingKind {
  const kind = FINDING_KINDS.find((each) => each === text)
  if (kind !== undefined) return kind
  const better = closest(text, FINDING_KINDS)
  throw usage(
    'no kind of finding is called so',
    better === null ? `there are: ${FINDING_KINDS.join(', ')}` : `did you mean "${better}"?`,
  )
}

function usage(message: string, hint: string): McpWatchError {
  return new McpWatchError('USAGE', message, { hint })
}

function same(left: HostRule, right: HostRule): boolean {
  return formatHostRule(left) === formatHostRule(right)
}

/** In whole seconds, as the file has them. */
function untilOf(forMs: number | null, now: EpochMs): EpochMs | null {
  return forMs === null ? null : Math.ceil((now + forMs) / 1000) * 1000
}

function endWords(until: EpochMs | null): string {
  return until === null ? '' : `, until ${timeText(until)}`
}

function who({ name, client }: EditTarget): string {
  return `${name} (${client})`
}

function expectWords(expect: Expect): string {
  switch (expect) {
    case 'none':
      return 'nothing at all'
    case 'local-only':
      return 'this machine only'
    case 'lan':
      return 'this machine and the local network only'
    case 'open':
      return 'anything'
    default:
      return `this machine and ${expect.map(formatHostRule).join(', ')} only`
  }
}
