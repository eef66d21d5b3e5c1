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

/** How long each kind of record is kept after it was last of use, and how large the database may be. */
export interface RetentionSettings {
  /** Single connections. */
  readonly connectionsMs: number
  /** Sums of each hour; never for less time than connections. */
  readonly hoursMs: number
  /** Sums of each day, and gaps; never for less time than sums of hours. */
  readonly daysMs: number
  /** Counted from when it was last seen. */
  readonly findingsMs: number
  /** Beyond it the oldest go sooner: connections, then hours, then days. */
  readonly maxBytes: number
}

export interface Policy {
  readonly defaultExpectation: Exclude<Expectation, 'rules'>
  readonly rules: readonly PolicyRule[]
  /** False: no DNS question is ever asked. */
  readonly resolveNames: boolean
  readonly notify: NotifySettings
  readonly retention: RetentionSettings
}

const DAY_MS = 24 * 60 * 60_000

export const DEFAULT_RETENTION: RetentionSettings = {
  connectionsMs: 30 * DAY_MS,
  hoursMs: 90 * DAY_MS,
  daysMs: 730 * DAY_MS,
  findingsMs: 365 * DAY_MS,
  maxBytes: 250 * 1024 * 1024,
}

/**
 * While it is not known what the user wants kept: nothing is removed, as it could not be had back. The largest that a
 * file may say.
 */
export const RETENTION_UNKNOWN: RetentionSettings = {
  connectionsMs: 3650 * DAY_MS,
  hoursMs: 3650 * DAY_MS,
  daysMs: 3650 * DAY_MS,
  findingsMs: 3650 * DAY_MS,
  maxBytes: 1e12,
}

/** What holds without a policy file. */
export const DEFAULT_POLICY: Policy = {
  defaultExpectation: 'open',
  rules: [],
  resolveNames: true,
  notify: { desktop: true, minSeverity: 'medium', coolDownMs: 60 * 60_000 },
  retention: DEFAULT_RETENTION,
}
