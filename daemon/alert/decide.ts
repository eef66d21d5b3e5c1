/** Which findings the user is told of, when, and which together. Pure: the clock comes in with each call. */
import type { Delivery, DeliveryOutcome } from '../../shared/model/delivery.ts'
import type { EpochMs, FindingId } from '../../shared/model/ids.ts'
import type { Finding, Severity } from '../../shared/model/judgement.ts'
import type { Mute, NotifySettings } from '../../shared/model/policy.ts'
import type { Memory, ServerRecord } from '../../shared/model/tick.ts'
import type { Notification } from './notification.ts'
import { notificationOf, rank, type TextContext, worstFirst } from './text.ts'

/** What is found within this time is one notification. */
export const WINDOW_MS = 2_000
/** At the very first start it is longer: registries are asked, and programs looked into, for the first time. */
export const OPENING_MS = 5_000

/** When a server was last told of with one kind of finding, how bad, and how many were kept back since. */
interface Told {
  readonly at: EpochMs
  readonly severity: Severity
  readonly held: number
}

export interface AlertState {
  /** The severity at which each finding was last decided on. */
  readonly decided: ReadonlyMap<FindingId, Severity>
  /** By server and kind. */
  readonly told: ReadonlyMap<string, Told>
  readonly pending: ReadonlyMap<FindingId, Finding>
  /** While something is pending: when that began, and when it is settled. */
  readonly window: Span | null
  /** When what is found belongs to the one summary; `awaited` before the first tick of the very first run. */
  readonly opening: Span | 'awaited' | null
}

interface Span {
  readonly since: EpochMs
  readonly until: EpochMs
  readonly isOpening: boolean
}

export interface AlertInput extends Omit<TextContext, 'isOpening' | 'held'> {
  readonly at: EpochMs
  /** New or changed since the last call; what was decided on already is passed over. */
  readonly findings: readonly Finding[]
  readonly settings: NotifySettings
  /** Whether there is a way to show a notification; asked only when there is something to tell. */
  readonly isReachable: () => boolean
  readonly mutesOf: (record: ServerRecord) => readonly Mute[]
}

export interface AlertOutput {
  readonly state: AlertState
  readonly notifications: readonly Notification[]
  /** To be recorded before anything is shown. */
  readonly deliveries: readonly Delivery[]
}

export type AlertMemory = Pick<Memory, 'findings' | 'deliveries' | 'lastTickAt'>

/**
 * Continues where the last run stopped. A finding that it recorded and did not decide on any more is news. What was told
 * at a time that lies ahead cools nothing down: the clock was set back, nobody knows how long ago that was.
 */
export function initialAlerts(memory: AlertMemory, at: EpochMs): AlertState {
  const told = new Map<string, Told>()
  const past = memory.deliveries.filter((delivery) => delivery.at <= at)
  for (const delivery of past.toSorted((a, b) => a.at - b.at)) {
    const before = told.get(keyOf(delivery)) ?? null
    if (delivery.outcome === 'told') told.set(keyOf(delivery), tellAgain(before, delivery))
    else if (delivery.outcome === 'held' && before !== null)
      told.set(keyOf(delivery), { ...before, held: before.held + 1 })
  }
  const decided = new Map(memory.deliveries.map((it) => [it.findingId, it.severity]))
  return {
    decided,
    told,
    pending: byId(memory.findings.filter((finding) => isNews(decided, finding))),
    window: null,
    opening: memory.lastTickAt === null ? 'awaited' : null,
  }
}

/** When to call again at the latest, null while nothing is pending. */
export function nextLook(state: AlertState): EpochMs | null {
  return state.window?.until ?? null
}

export function decide(before: AlertState, input: AlertInput): AlertOutput {
  const state = gather(withClock(before, input.at), input)
  if (state.window === null || isWithin(state.window, input.at))
    return { state, notifications: [], deliveries: [] }
  return settle(state, input)
}

/** After the clock was set back, a time that lies ahead counts as now: it must not keep anything silent for ever. */
function withClock(state: AlertState, at: EpochMs): AlertState {
  const opening =
    state.opening === 'awaited'
      ? { since: at, until: at + OPENING_MS, isOpening: true }
      : state.opening
  const isAhead = [...state.told.values()].some((it) => it.at > at)
  if (!isAhead) return { ...state, opening }
  const told = new Map(
    [...state.told].map(([key, it]) => [key, { ...it, at: Math.min(it.at, at) }]),
  )
  return { ...state, told, opening }
}

function gather(state: AlertState, { at, findings }: AlertInput): AlertState {
  const news = findings.filter((finding) => isNews(state.decided, finding))
  const pending = news.length === 0 ? state.pending : new Map([...state.pending, ...byId(news)])
  if (pending.size === 0 || state.window !== null) return { ...state, pending }
  const { opening } = state
  const isEarly = opening !== null && opening !== 'awaited' && isWithin(opening, at)
  const window = isEarly ? opening : { since: at, until: at + WINDOW_MS, isOpening: false }
  return { ...state, pending, window }
}

function isWithin({ since, until }: Span, at: EpochMs): boolean {
  return at >= since && at < until
}

function settle(state: AlertState, input: AlertInput): AlertOutput {
  const { at, records, hostOf } = input
  const decided = new Map(state.decided)
  const told = new Map(state.told)
  const telling: Finding[] = []
  const deliveries: Delivery[] = []
  const now = new Set<string>()
  let held = 0
  for (const finding of worstFirst(state.pending.values())) {
    const key = keyOf(finding)
    const before = told.get(key) ?? null
    // What is told of at this very moment takes the others of its server and kind with it.
    const outcome = outcomeOf(finding, now.has(key) ? null : before, input)
    const { id: findingId, serverId, kind, severity } = finding
    decided.set(findingId, severity)
    deliveries.push({ findingId, serverId, kind, severity, outcome, at })
    if (outcome === 'told') {
      held += before?.held ?? 0
      told.set(key, tellAgain(before, { at, severity }))
      telling.push(finding)
      now.add(key)
    }
    if (outcome === 'held' && before !== null) told.set(key, { ...before, held: before.held + 1 })
  }
  const [worst, ...others] = telling
  const context = { records, hostOf, held, isOpening: state.window?.isOpening === true }
  return {
    state: { ...state, decided, told, pending: new Map(), window: null },
    notifications: worst === undefined ? [] : [notificationOf([worst, ...others], context)],
    deliveries,
  }
}

function outcomeOf(finding: Finding, before: Told | null, input: AlertInput): DeliveryOutcome {
  const { at, settings, records } = input
  if (!settings.desktop) return 'quiet'
  if (rank(finding.severity) < rank(settings.minSeverity)) return 'quiet'
  const record = records.get(finding.serverId)
  if (record !== undefined && isMuted(input.mutesOf(record), finding, at)) return 'quiet'
  if (before === null || at - before.at >= settings.coolDownMs)
    return input.isReachable() ? 'told' : 'quiet'
  if (rank(finding.severity) <= rank(before.severity)) return 'held'
  return input.isReachable() ? 'told' : 'quiet'
}

function isMuted(mutes: readonly Mute[], { kind }: Finding, at: EpochMs): boolean {
  return mutes.some((mute) => mute.kind === kind && (mute.until === null || at < mute.until))
}

/** Within one cool-down, only what is worse than everything told in it breaks through. */
function tellAgain(before: Told | null, { at, severity }: { at: EpochMs; severity: Severity }) {
  const isSame = before !== null && before.at === at && rank(before.severity) > rank(severity)
  return { at, severity: isSame ? before.severity : severity, held: 0 }
}

function isNews(decided: ReadonlyMap<FindingId, Severity>, finding: Finding): boolean {
  const before = decided.get(finding.id)
  return before === undefined || rank(finding.severity) > rank(before)
}

function keyOf({ serverId, kind }: Pick<Finding, 'serverId' | 'kind'>): string {
  return `${serverId} ${kind}`
}

function byId(findings: readonly Finding[]): ReadonlyMap<FindingId, Finding> {
  return new Map(findings.map((finding) => [finding.id, finding]))
}
