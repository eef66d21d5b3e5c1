/** Matching: which processes are running copies of which configured servers. Pure; folds its state from tick to tick. */
import type { Instance, MatchState, Role } from '../../shared/model/attribution.ts'
import type { InstanceId, ProcessKey } from '../../shared/model/ids.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import type { Server } from '../../shared/model/server.ts'
import { describeInstance } from './describe.ts'
import { growForest } from './drafts.ts'
import { hasExecuted, nameDrafts } from './identify.ts'
import { createMatcher } from './pattern.ts'
import { assignRoles } from './roles.ts'
import { createScene, type KnownClient, type Scene } from './scene.ts'
import { indexSignatures, type Signature } from './signature.ts'

export { configuredPackage } from './configured-package.ts'

export interface MatchInput {
  readonly previous: MatchState
  readonly servers: readonly Server[]
  readonly table: ProcessTable
  /** The id of the known client a process is, or null. */
  recogniseClient(process: Process): string | null
  /** The same keyed hash that made the digests in `ArgPattern`. */
  digest(text: string): string
}

export interface MatchOutput {
  readonly state: MatchState
  readonly instances: readonly Instance[]
  /** Running clients. Helper processes in the same folder as their parent are left out. */
  readonly clients: readonly KnownClient[]
}

export const emptyMatchState: MatchState = {
  instances: new Map(),
  roles: new Map(),
  executed: new Set(),
}

/** Instances keep their id while any member lives; roles are remembered by process key. */
export function matchServers(input: MatchInput): MatchOutput {
  const { table, previous } = input
  const matcher = createMatcher((text) => input.digest(text))
  const index = indexSignatures(input.servers)
  const scene = createScene({
    table,
    index,
    matcher,
    recogniseClient: (process) => input.recogniseClient(process),
  })
  const forest = growForest(scene, previous)
  const instances = new Map<InstanceId, Instance>()
  const roles = new Map<ProcessKey, Role>()
  const executed = new Set<InstanceId>()
  for (const [draft, candidates] of nameDrafts(scene, forest, previous.executed)) {
    const remembered = previous.roles
    const signatures = signaturesOf(index.all, candidates, draft.previous)
    const rootIsServer = candidates.some(({ evidence }) => evidence !== 'words')
    const given = assignRoles({ scene, draft, signatures, rootIsServer, remembered })
    const instance = describeInstance(scene, draft, candidates, given)
    if (instance === null) continue
    instances.set(instance.id, instance)
    if (hasExecuted(draft, previous.executed)) executed.add(instance.id)
    for (const { process, role } of instance.members) roles.set(process.key, role)
  }
  return {
    state: { instances, roles, executed },
    instances: [...instances.values()].sort(
      (a, b) => a.startedAt - b.startedAt || a.rootPid - b.rootPid,
    ),
    clients: runningClients(scene),
  }
}

function signaturesOf(
  all: readonly Signature[],
  candidates: readonly { readonly signature: Signature }[],
  previous: Instance | null,
): readonly Signature[] {
  if (candidates.length > 0) return candidates.map(({ signature }) => signature)
  return all.filter(({ server }) => previous?.serverIds.includes(server.id))
}

function runningClients(scene: Scene): KnownClient[] {
  const clients: KnownClient[] = []
  for (const process of scene.table.processes.values()) {
    const id = scene.clientId(process)
    if (id === null) continue
    const parent = scene.parentOf(process)
    const helper = parent !== null && scene.clientId(parent) === id && parent.cwd === process.cwd
    if (!helper) clients.push({ id, process })
  }
  return clients
}
