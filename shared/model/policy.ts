/** What the user decided: the policy file, parsed. Times are wall-clock epoch milliseconds. */
import type { EpochMs } from './ids.ts'
import type { Expectation, FindingKind, Severity } from './judgement.ts'

/** One allowed host. `host` and `suffix` are lower-case without trailing dot; `port` null is any port. */
export type HostRule =
  | { readonly kind: 'host'; readonly host: string; readonly port: number | null }
  /** `.example.com`: the domain itself and everything below it. Kept without the leading dot. */
  | { readonly kind: 'suffix'; readonly suffix: string; readonly port: number | null }
  /** A single address is a range of full length. `address` is canonical. */
  | {
      readonly kind: 'cidr'
      readonly address: string
      readonly bits: number
      readonly port: number | null
    }

export interface Mute {
  readonly kind: FindingKind
  /** Null is for ever. */
  readonly until: EpochMs | null
}

/** All given parts must agree; the first rule that matches counts, and one that has expired matches nothing. */
export interface PolicyRule {
  readonly match: {
    readonly name: string | null
    readonly client: string | null
    readonly package: string | null
    readonly image: string | null
  }
  /** Null: this rule only mutes, and the expectation comes from further down. */
  readonly expect: Exclude<Expectation, 'rules'> | readonly HostRule[] | null
  readonly children: 'same' | 'open' | null
  readonly mutes: readonly Mute[]
  readonly until: EpochMs | null
  readonly why: string | null
}

export interface NotifySettings {
  readonly desktop: boolean
  /** Findings below it are recorded and not notified. */
  readonly minSeverity: Severity
  /** For one (server, kind). */
  readonly coolDownMs: number
}

export interface Policy {
  readonly defaultExpectation: Exclude<Expectation, 'rules'>
  readonly rules: readonly PolicyRule[]
  /** False: no DNS question is ever asked. */
  readonly resolveNames: boolean
  readonly notify: NotifySettings
}

/** What holds without a policy file. */
export const DEFAULT_POLICY: Policy = {
  defaultExpectation: 'open',
  rules: [],
  resolveNames: true,
  notify: { desktop: true, minSeverity: 'medium', coolDownMs: 60 * 60_000 },
}
