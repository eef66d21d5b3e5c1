/** Follows what the clients' files declare: what changed, once it stayed so for a moment. */
import {
  type DriftResult,
  type KnownEntry,
  NO_DRIFT,
  type ServerChange,
} from '../../shared/model/drift.ts'
import type { EpochMs, ServerId } from '../../shared/model/ids.ts'
import type { Finding } from '../../shared/model/judgement.ts'
import { allowanceAt, MAX_CHANGES_AN_HOUR } from './allowance.ts'
import { foldFindings } from './findings.ts'
import { baseline, notice } from './notice.ts'
import { spreads } from './spread.ts'
import type { DriftInput, DriftPorts, DriftState, Pending, Restless } from './state.ts'
import { tell } from './tell.ts'

export type { DriftInput, DriftPorts, DriftState } from './state.ts'
export { initialDrift } from './state.ts'

/** Editors and clients take a file apart and put it together again; a name that is gone for a moment is no news. */
const SETTLE_MS = 3_000
/** Where the whole file is gone: one of an unknown client is looked for again only after ten seconds. */
const GONE_SETTLE_MS = 15_000
/** What changes again and again is told ever more seldom, doubling up to this many times, until an hour has passed. */
const MOST_DOUBLINGS = 5
const RESTLESS_FOR_MS = 3_600_000
const MOST_RESTLESS = 10_000
/** Entries that are gone, so as to know them when they come back. */
const MOST_GONE = 10_000

export interface DriftOutput {
  readonly state: DriftState
  readonly result: DriftResult
  readonly findings: readonly Finding[]
}

/** Costs nothing while `servers` is the very same list and nothing waits to be told. */
export function foldDrift(state: DriftState, input: DriftInput, ports: DriftPorts): DriftOutput {
  const { at, servers, files } = input
  if (state.since === null) return begin(state, input, ports)
  const isSame = servers === state.servers
  if (isSame && state.pending.size === 0)
    return { state: { ...state, lookedAt: at }, result: NO_DRIFT, findings: [] }
  const noticed = isSame ? { pending: state.pending, adopted: [] } : notice(state, input, ports)
  const seen = {
    ...state,
    servers,
    files: isSame ? state.files : new Set(files),
    known: withEntries(state.known, noticed.adopted),
    pending: noticed.pending,
    lookedAt: at,
  }
  const told = tellDue(seen, at)
  const entries = [...noticed.adopted, ...told.result.entries]
  return { ...told, result: { ...told.result, entries } }
}

/** The first look of all: what is there is how it is. */
function begin(state: DriftState, input: DriftInput, ports: DriftPorts): DriftOutput {
  const { at, servers, files } = input
  const entries = baseline(input, ports)
  return {
    state: {
      ...state,
      servers,
      files: new Set(files),
      since: at,
      known: withEntries(state.known, entries),
      lookedAt: at,
    },
    result: { since: at, entries, changes: [] },
    findings: [],
  }
}

function tellDue(state: DriftState, at: EpochMs): DriftOutput {
  const pending = new Map(state.pending)
  const restless = new Map(
    [...state.restless].filter(([, it]) => isRestless(it, at)).slice(-MOST_RESTLESS),
  )
  const entries: KnownEntry[] = []
  const arrivals: KnownEntry[] = []
  const changes: ServerChange[] = []
  const allowed = allowanceAt(state.allowance, at)
  const fold = foldFindings(state.findings, allowed, at)
  for (const [id, waiting] of state.pending) {
    const { times = 0 } = restless.get(id) ?? {}
    const settle = isFileGone(state, id, waiting) ? GONE_SETTLE_MS : SETTLE_MS
    const wait = settle * 2 ** Math.min(times, MOST_DOUBLINGS)
    if (Math.abs(at - waiting.noticed) < wait) continue
    pending.delete(id)
    const told = tell(id, waiting, state.known.get(id) ?? null)
    if (told === null) continue
    restless.delete(id)
    restless.set(id, { at, times: times + 1 })
    entries.push(told.entry)
    if (told.isArrival) arrivals.push(told.entry)
    for (const change of told.changes) {
      changes.push(change)
      fold.change(change, told.entry)
    }
  }
  if (entries.length === 0 && pending.size === state.pending.size)
    return { state, result: NO_DRIFT, findings: [] }
  const known = withEntries(state.known, entries)
  for (const group of spreads(arrivals, known.values())) fold.spread(group)
  const allowance = fold.allowance()
  const kept = changes.slice(0, Math.max(0, MAX_CHANGES_AN_HOUR - allowance.changes))
  const findings = fold.changed()
  return {
    state: {
      ...state,
      known,
      pending,
      restless,
      findings: new Map([...state.findings, ...findings]),
      allowance: { ...allowance, changes: allowance.changes + kept.length },
    },
    result: { since: null, entries, changes: kept },
    findings: [...findings.values()],
  }
}

function isFileGone({ known, files }: DriftState, id: ServerId, { now }: Pending): boolean {
  return now === null && !files.has(known.get(id)?.source ?? '')
}

function isRestless({ at: last }: Restless, at: EpochMs): boolean {
  return Math.abs(at - last) < RESTLESS_FOR_MS
}

function withEntries(
  known: ReadonlyMap<ServerId, KnownEntry>,
  entries: readonly KnownEntry[],
): ReadonlyMap<ServerId, KnownEntry> {
  if (entries.length === 0) return known
  const all = new Map(known)
  // Those that were gone first come first, and are forgotten first.
  for (const entry of entries) {
    all.delete(entry.serverId)
    all.set(entry.serverId, entry)
  }
  const gone = [...all.values()].filter(({ present }) => !present)
  for (const { serverId } of gone.slice(0, Math.max(0, gone.length - MOST_GONE)))
    all.delete(serverId)
  return all
}
