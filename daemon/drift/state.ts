/** What following the configuration takes and keeps. */
import type { DriftMemory, KnownEntry, Moment, Print } from '../../shared/model/drift.ts'
import type { EpochMs, FindingId, ServerId } from '../../shared/model/ids.ts'
import type { Finding } from '../../shared/model/judgement.ts'
import type { Server } from '../../shared/model/server.ts'
import { type Allowance, fullAllowance } from './allowance.ts'

export interface DriftInput {
  readonly at: EpochMs
  readonly servers: readonly Server[]
  /** Files that exist and were read. */
  readonly files: readonly string[]
  /** When each of them changed last, by the kernel's word; a file may be missing here. */
  readonly changedAt: ReadonlyMap<string, EpochMs>
  /** Files that are read because a running client was told of them: often made for one run, and removed after it. */
  readonly named: ReadonlySet<string>
}

export interface DriftPorts {
  readonly printOf: (server: Server, before: Print | null) => Print
  /** Asked of files that are not read any more: whether anything is in their place. */
  readonly exists: (file: string) => boolean
}

export interface DriftState {
  /** As compared last; null before the first look. */
  readonly servers: readonly Server[] | null
  readonly files: ReadonlySet<string>
  readonly since: EpochMs | null
  readonly known: ReadonlyMap<ServerId, KnownEntry>
  /** What is no longer as it is known, and not told yet. */
  readonly pending: ReadonlyMap<ServerId, Pending>
  /** When the configuration was last known to be as it is known. */
  readonly lookedAt: EpochMs | null
  /** Of servers that changed within the last hour: how often, and when last. */
  readonly restless: ReadonlyMap<ServerId, Restless>
  /** Of kind `config-drift`. */
  readonly findings: ReadonlyMap<FindingId, Finding>
  readonly allowance: Allowance
}

export interface Pending extends Moment {
  readonly noticed: EpochMs
  /** As it is now; null where it is gone. */
  readonly now: { readonly server: Server; readonly print: Print } | null
}

export interface Restless {
  readonly at: EpochMs
  readonly times: number
}

/** `lastTickAt`: as of `Memory`. */
export function initialDrift(
  memory: DriftMemory,
  findings: readonly Finding[],
  lastTickAt: EpochMs | null,
): DriftState {
  const own = findings.filter(({ kind }) => kind === 'config-drift')
  return {
    servers: null,
    files: new Set(),
    since: memory.since,
    known: new Map(memory.entries.map((entry) => [entry.serverId, entry])),
    pending: new Map(),
    lookedAt: lastTickAt,
    restless: new Map(),
    findings: new Map(own.map((finding) => [finding.id, finding])),
    allowance: fullAllowance(lastTickAt ?? 0),
  }
}
