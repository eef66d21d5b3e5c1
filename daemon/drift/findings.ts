/** Changes of the configuration → findings: one a server and change, bounded within each hour. Pure. */
import type { KnownEntry, ServerChange } from '../../shared/model/drift.ts'
import { type EpochMs, type FindingId, findingId, type ServerId } from '../../shared/model/ids.ts'
import { type Finding, SEVERITIES, type Severity } from '../../shared/model/judgement.ts'
import { type Allowance, MAX_FINDINGS_AN_HOUR, MAX_SPREADS_AN_HOUR } from './allowance.ts'
import { explainChange, explainFurther, explainSpread } from './explain.ts'
import type { Arrived } from './spread.ts'

const SPREAD = 'several clients'
const DAY_MS = 86_400_000

export interface FindingFold {
  readonly change: (change: ServerChange, entry: KnownEntry) => void
  readonly spread: (group: readonly [Arrived, Arrived, ...Arrived[]]) => void
  readonly allowance: () => Allowance
  readonly changed: () => ReadonlyMap<FindingId, Finding>
}

export function foldFindings(
  known: ReadonlyMap<FindingId, Finding>,
  given: Allowance,
  now: EpochMs,
): FindingFold {
  const changed = new Map<FindingId, Finding>()
  let allowance = given
  const find = (id: FindingId): Finding | undefined => changed.get(id) ?? known.get(id)
  const put = (id: FindingId, sight: Sight): void => {
    changed.set(id, seen(id, sight, find(id), now))
  }
  const further = (sight: Sight): void => {
    const id =
      allowance.further ?? findingId('config-drift', sight.serverId, `further ${allowance.from}`)
    allowance = { ...allowance, further: id }
    const before = find(id)
    const serverId = before?.serverId ?? sight.serverId
    put(id, { ...sight, serverId, explanation: explainFurther(MAX_FINDINGS_AN_HOUR) })
  }
  return {
    change(change, entry) {
      const id = findingId('config-drift', change.serverId, subjectOf(change, entry))
      const sight = {
        serverId: change.serverId,
        severity: severityOf(change),
        at: change.at,
        explanation: explainChange(change, entry),
      }
      if (find(id) === undefined) {
        if (allowance.findings >= MAX_FINDINGS_AN_HOUR) return further(sight)
        allowance = { ...allowance, findings: allowance.findings + 1 }
      }
      put(id, sight)
    },
    spread(group) {
      const [first] = group
      const last = group[group.length - 1] ?? first
      const sight = {
        serverId: first.serverId,
        severity: 'high' as const,
        at: last.arrived.at,
        explanation: explainSpread(group),
      }
      const before = toldOf(group, [...known.values(), ...changed.values()])
      if (before !== null) return put(before.id, { ...sight, serverId: before.serverId })
      if (allowance.spreads >= MAX_SPREADS_AN_HOUR) return further(sight)
      allowance = { ...allowance, spreads: allowance.spreads + 1 }
      const firstSeen = Math.round(first.arrived.at)
      put(spreadId(first.serverId, firstSeen), { ...sight, firstSeen })
    },
    allowance: () => allowance,
    changed: () => changed,
  }
}

interface Sight {
  readonly serverId: ServerId
  readonly severity: Severity
  readonly at: EpochMs
  readonly explanation: string
  readonly firstSeen?: EpochMs
}

/**
 * Told as it was last: other than a connection, a configuration is what it is now. It was seen last when it was told, so
 * that a report of today has also what became of it last week, while nothing was watched.
 */
function seen(id: FindingId, sight: Sight, before: Finding | undefined, now: EpochMs): Finding {
  const { serverId, explanation, at } = sight
  return {
    id,
    kind: 'config-drift',
    severity: worse(sight.severity, before?.severity),
    attempted: false,
    serverId,
    destination: null,
    process: null,
    firstSeen: before?.firstSeen ?? sight.firstSeen ?? at,
    lastSeen: Math.max(now, before?.lastSeen ?? now),
    count: (before?.count ?? 0) + 1,
    explanation,
  }
}

/** By when it began: the same server that comes once more, after it was taken out, is news. */
function spreadId(server: ServerId, began: EpochMs): FindingId {
  return findingId('config-drift', server, `${SPREAD} ${began}`)
}

/** The finding stays the one that was told, also when the entry that was first is written once more. */
function toldOf(group: readonly Arrived[], findings: readonly Finding[]): Finding | null {
  const members = new Set(group.map(({ serverId }) => serverId))
  const began = group.reduce((least, { arrived }) => Math.min(least, arrived.since), Infinity)
  const isOfGroup = ({ id, serverId, firstSeen, lastSeen }: Finding): boolean =>
    lastSeen >= began && members.has(serverId) && id === spreadId(serverId, firstSeen)
  return findings.find(isOfGroup) ?? null
}

/**
 * The same change is told once a day: what was put right and came back is news. What is not shown of a program still
 * tells two of them apart.
 */
function subjectOf({ kind, field, to, at }: ServerChange, { print }: KnownEntry): string {
  const what = field === 'command' ? print.program : (to ?? '')
  return `${field ?? kind} ${what} ${Math.floor(at / DAY_MS)}`
}

function severityOf({ kind, field }: ServerChange): Severity {
  if (kind !== 'changed') return 'low'
  return field === 'command' || field === 'package' || field === 'url' ? 'medium' : 'low'
}

function worse(one: Severity, other: Severity | undefined): Severity {
  if (other === undefined) return one
  return SEVERITIES.indexOf(one) >= SEVERITIES.indexOf(other) ? one : other
}
