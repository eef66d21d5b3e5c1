/** Following the configuration from tick to tick, with what of other rooms that takes. */
import { readInvocation } from '../../shared/argv/invocation.ts'
import type { DriftResult, KnownEntry } from '../../shared/model/drift.ts'
import type { EpochMs, ServerId } from '../../shared/model/ids.ts'
import type { Finding } from '../../shared/model/judgement.ts'
import type { Policy } from '../../shared/model/policy.ts'
import type { Discovery } from '../../shared/model/server.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { type DriftPorts, type DriftState, foldDrift } from '../drift/fold.ts'
import { printOf } from '../drift/print.ts'
import { serverRecord } from '../judge/expectation.ts'
import { encodeLaunch } from '../match/pattern.ts'

/** Made once: what it takes to compare entries. */
export function driftPorts({
  digest,
  exists,
}: {
  readonly digest: (text: string) => string
  readonly exists: (file: string) => boolean
}): DriftPorts {
  const readLaunch = ({ launch }: Discovery['servers'][number]) => {
    const words = launch === null ? null : encodeLaunch(launch)
    return words === null ? null : readInvocation(words)
  }
  const parts = { digest, readLaunch }
  return { exists, printOf: (server, before) => printOf(server, parts, before) }
}

export interface Drifted {
  readonly state: DriftState
  readonly result: DriftResult
  readonly findings: readonly Finding[]
  /** Records, with those of servers that the findings are about and that no file declares any more. */
  readonly records: ReadonlyMap<ServerId, ServerRecord>
}

export function followDrift(
  state: DriftState,
  { servers, files, changedAt }: Discovery,
  ports: DriftPorts,
  judged: {
    readonly at: EpochMs
    readonly policy: Policy
    readonly named: ReadonlySet<string>
    readonly records: ReadonlyMap<ServerId, ServerRecord>
  },
): Drifted {
  const { at, policy, named, records } = judged
  const input = { at, servers, files: files.map(({ file }) => file), changedAt, named }
  const drifted = foldDrift(state, input, ports)
  const gone = drifted.findings.flatMap(({ serverId }) => {
    const entry = records.has(serverId) ? undefined : drifted.state.known.get(serverId)
    return entry === undefined ? [] : [recordOf(entry, policy, at)]
  })
  if (gone.length === 0) return { ...drifted, records }
  return {
    ...drifted,
    records: new Map([...records, ...gone.map((record) => [record.server.id, record] as const)]),
  }
}

/** Its name is told, and what the user does not want to hear of it still counts. */
function recordOf(entry: KnownEntry, policy: Policy, at: EpochMs): ServerRecord {
  const { serverId: id, client, name, source, scope, print } = entry
  const { transport, disabled } = print
  const launch = { launch: null, endpoint: null }
  const server = { id, client, name, source, scope, transport, disabled, ...launch }
  return serverRecord(
    { server, package: null, configured: null, known: null, bridge: [] },
    policy,
    at,
    NO_ADDRESSES,
  )
}

/** Of no matter for what is no bridge. */
const NO_ADDRESSES: ReadonlySet<string> = new Set()
