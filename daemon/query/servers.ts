/** Servers with their state and their running copies. */
import type {
  AnsweredReason,
  InstanceJson,
  ReachedJson,
  ServerJson,
  ServerState,
} from '../../shared/contract/common.ts'
import { REASONS } from '../../shared/model/attribution.ts'
import { UNCONFIGURED } from '../../shared/model/server.ts'
import { iso } from '../../shared/text/iso.ts'
import { jsonArray } from '../store/values.ts'
import type { AlsoIn } from './also-in.ts'
import { type Labels, labelled } from './labels.ts'
import type { InstanceRow, ServerRow } from './rows.ts'

/** What is known of all servers, by their ids. */
export interface Sightings {
  readonly everSeen: ReadonlySet<string>
  /** Those that their client ran inside itself at the end of the window. */
  readonly inClient: ReadonlySet<string>
  /** Those that ran on another host then. */
  readonly elsewhere: ReadonlySet<string>
  /** Of entries on this machine without a running copy: why nobody is shown as them. */
  readonly answered: ReadonlyMap<string, AnsweredReason>
  /** By instance. */
  readonly serversOf: ReadonlyMap<string, readonly string[]>
  readonly labels: Labels
  /** What was counted of connections to remote ones. */
  readonly reached: ReadonlyMap<string, ReachedJson>
  readonly alsoIn: AlsoIn
}

function stateOf(
  row: ServerRow,
  running: readonly InstanceRow[],
  { everSeen, inClient, elsewhere, answered }: Sightings,
): ServerState {
  if (row.scope === UNCONFIGURED) return 'unconfigured'
  if (row.configured === 0) return 'removed'
  if (running.length > 0) return running.every((it) => it.orphaned === 1) ? 'orphaned' : 'running'
  if (inClient.has(row.id)) return 'in-client'
  if (row.transport !== 'stdio' && elsewhere.has(row.id)) return 'remote'
  if (row.transport !== 'stdio' && answered.has(row.id)) return 'answered'
  return everSeen.has(row.id) ? 'ended' : 'never-seen'
}

function instanceJson(row: InstanceRow, { serversOf, labels }: Sightings): InstanceJson {
  return {
    rootPid: row.rootPid,
    client: row.client,
    clientPid: row.clientPid,
    startedAt: iso(row.startedAt),
    endedAt: row.endedAt === null ? null : iso(row.endedAt),
    quality: row.quality,
    reasons: reasonsIn(row.reasons),
    oneOf: labelled(serversOf.get(row.id) ?? [], labels),
  }
}

/** A version before this one may have written reasons that are none any more. */
function reasonsIn(text: string): InstanceJson['reasons'] {
  const written = new Set(jsonArray(text))
  return REASONS.filter((reason) => written.has(reason))
}

/** `instances` are those of this server in the window, `to` its end: who ended later was running then. */
export function serverJson(
  row: ServerRow,
  instances: readonly InstanceRow[],
  sightings: Sightings,
  to: number,
): ServerJson {
  const running = instances.filter(({ endedAt }) => endedAt === null || endedAt > to)
  const state = stateOf(row, running, sightings)
  const why = sightings.answered.get(row.id)
  // Said of one that runs too: by now its client may be talking to the other program.
  const answeredBy = state === 'answered' || why === 'listener-not-told' ? why : undefined
  return {
    id: row.id,
    client: row.client,
    name: row.name,
    source: row.source,
    scope: row.scope,
    transport: row.transport,
    state,
    ...(answeredBy === undefined ? {} : { answeredBy }),
    disabled: row.disabled === 1,
    package:
      row.packageName === null ? null : { name: row.packageName, version: row.packageVersion },
    expectation: row.expectation,
    expectationSource: row.expectationSource,
    rules: jsonArray(row.rules) as string[],
    alsoIn: [...(sightings.alsoIn.get(row.id) ?? [])],
    instances: instances.map((instance) => instanceJson(instance, sightings)),
    reached: sightings.reached.get(row.id) ?? null,
  }
}

/** A list of rows by the server they belong to. */
export function byServer<T extends { readonly serverId: string }>(
  rows: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const lists = new Map<string, T[]>()
  for (const row of rows) {
    const list = lists.get(row.serverId)
    if (list === undefined) lists.set(row.serverId, [row])
    else list.push(row)
  }
  return lists
}
