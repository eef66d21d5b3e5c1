/** MCP servers that a client runs and no configuration declares: told once they ran on for a while. */
import type { Instance } from '../../shared/model/attribution.ts'
import { type EpochMs, type FindingId, findingId, type InstanceId } from '../../shared/model/ids.ts'
import type { Finding } from '../../shared/model/judgement.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { clean } from './happened.ts'
import type { UnconfiguredState, Waiting } from './running-on.ts'
import type { Sight } from './sights.ts'
import type { Subject } from './subject.ts'

/** A client may write its file after it started the server, and a project's file is read once the client is known. */
const SETTLE_MS = 10_000

/** More names than any client has servers: one that makes up ever new ones must not fill the disk. */
const MOST_TOLD = 200

const NONE: UnconfiguredState = new Map()

interface Told {
  unconfigured(subject: Subject, at: EpochMs): void
}

/** Tells the fold of each once; `state` is the same while none runs. */
export function countUnconfigured(
  fold: Told,
  state: UnconfiguredState,
  input: { readonly at: EpochMs; readonly instances: ReadonlyMap<InstanceId, Instance> },
  known: ReadonlyMap<FindingId, Finding>,
  subjects: (instance: InstanceId) => Subject | null,
): UnconfiguredState {
  let now: Map<InstanceId, Waiting> | null = null
  for (const [id, instance] of input.instances) {
    if (instance.unconfigured === undefined || !instance.judged) continue
    const before = state.get(id) ?? { since: input.at, isTold: false }
    // the clock may have been set back
    const since = Math.min(before.since, input.at)
    const subject = subjects(id)
    const isDue = !before.isTold && subject !== null && input.at - since >= SETTLE_MS
    if (isDue && !isFull(known)) fold.unconfigured(subject, input.at)
    now ??= new Map()
    now.set(id, { since, isTold: before.isTold || isDue })
  }
  return now ?? NONE
}

function isFull(known: ReadonlyMap<FindingId, Finding>): boolean {
  let told = 0
  for (const { kind } of known.values()) if (kind === 'unconfigured-server') told += 1
  return told >= MOST_TOLD
}

/** One a client and name. */
export function unconfiguredFinding({ serverId, record, instance }: Subject, at: EpochMs): Sight {
  const { members, reasons } = instance
  const shown = members.find(({ role }) => role === 'server') ?? members[0]
  const process: Finding['process'] =
    shown === undefined
      ? null
      : { pid: shown.process.pid, role: shown.role, executable: shown.process.executable }
  return {
    id: findingId('unconfigured-server', serverId, 'unconfigured-server'),
    kind: 'unconfigured-server',
    severity: reasons.includes('known-package') ? 'low' : 'medium',
    attempted: false,
    serverId,
    destination: null,
    process,
    firstSeen: at,
    lastSeen: at,
    count: 1,
    explain: () => explainUnconfigured(record, instance),
  }
}

function explainUnconfigured(record: ServerRecord | null, instance: Instance): string {
  const { unconfigured, rootPid, reasons } = instance
  const name = clean(record?.server.name ?? unconfigured?.name ?? '')
  const client = clean(unconfigured?.client ?? instance.client?.id ?? 'a client')
  const told = reasons.includes('known-package')
    ? 'which is known to be an MCP server'
    : 'which is named as MCP servers are'
  return [
    `${client} runs "${name}" (process ${rootPid}), ${told}, and no configuration file that mcp-watch reads declares it.`,
    'An extension, a plugin or a command line can give a client servers that no file lists; so can a program that means to stay unseen, and an entry that was taken out while the client runs on.',
    'It is watched like the others. If you do not know it, find out what started it, end it and restart the client.',
  ].join(' ')
}
