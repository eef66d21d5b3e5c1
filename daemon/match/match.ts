/** Matching: which processes are running copies of which configured servers. Pure; folds its state from tick to tick. */
import type {
  Instance,
  MatchState,
  Role,
  UnconfiguredBefore,
} from '../../shared/model/attribution.ts'
import type { Containers } from '../../shared/model/container.ts'
import type { InstanceId, ProcessKey, ServerId } from '../../shared/model/ids.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import type { Server } from '../../shared/model/server.ts'
import type { ListeningAt } from './claims.ts'
import { rememberContainers, type Waiting, waitingCalls } from './container-memory.ts'
import { describeInstance, unconfiguredIn } from './describe.ts'
import { growForest } from './drafts.ts'
import { createGlances, type Glances } from './glance.ts'
import { hasExecuted, nameDrafts } from './identify.ts'
import { servesPort } from './listener-claims.ts'
import { makeClaims } from './make-claims.ts'
import { assignRoles } from './roles.ts'
import { keepSame } from './same.ts'
import { createScene, type KnownClient, type Scene } from './scene.ts'
import type { Signature } from './signature.ts'
import { type StdinQuestion, stdinQuestion } from './stdin-question.ts'
import { servesUnconfigured } from './unconfigured.ts'

export { configuredPackage } from './configured-package.ts'
export type { Waiting } from './container-memory.ts'
export { createGlances, type Glances } from './glance.ts'
export type { StdinQuestion } from './stdin-question.ts'
export { unconfiguredServers } from './unconfigured-server.ts'

export interface MatchInput {
  readonly previous: MatchState
  readonly servers: readonly Server[]
  readonly table: ProcessTable
  /** The id of the known client a process is, or null. */
  recogniseClient(process: Process): string | null
  /** Whose configuration it is: processes of others are not started by it. 0 (root, who may run as anybody) or none: of all. */
  readonly ownUid?: number
  /** The same keyed hash that made the digests in `ArgPattern`. */
  digest(text: string): string
  /** The pid of the process that holds the other end of descriptor 0, as the system told it; null where it was not asked. */
  readonly stdinHolder?: (process: Process) => number | null
  /** Instances that an earlier run of ours saw without their client: who took them over then is not known any more. */
  readonly orphansBefore?: ReadonlySet<InstanceId>
  /** Instances that an earlier run of ours listed as in no configuration. */
  readonly unconfiguredBefore?: ReadonlyMap<InstanceId, UnconfiguredBefore>
  /** Clients with a file that could not be read: what they run may be declared there. */
  readonly unread?: ReadonlySet<string>
  /** What runs in containers; left out where no engine was asked. */
  readonly containers?: Containers
  /** Who listens where an entry with an address on this machine leads to. */
  readonly listening?: ReadonlyMap<ServerId, ListeningAt>
}

export interface MatchOutput {
  readonly state: MatchState
  readonly instances: readonly Instance[]
  /** Running clients. Helper processes in the same folder as their parent are left out. */
  readonly clients: readonly KnownClient[]
  /** Commands that run a container which is not known. */
  readonly waiting: readonly Waiting[]
  /** What the system can be asked so that `stdinHolder` knows more. */
  readonly question: StdinQuestion
}

export const emptyMatchState: MatchState = {
  instances: new Map(),
  roles: new Map(),
  executed: new Set(),
  containers: new Map(),
}

/**
 * Instances keep their id while any member lives; roles are remembered by process key. An instance of which nothing
 * changed is the same object as before, and the state of `previous` is handed back where that holds for all.
 * `glances` remembers from tick to tick what processes show by themselves.
 */
export function matchServers(input: MatchInput, glances: Glances = createGlances()): MatchOutput {
  const { table, previous } = input
  const glance = glances(input)
  const { index } = glance
  const scene = createScene(table, glance, holderIn(input))
  const claims = makeClaims(scene, input)
  const forest = growForest(scene, previous, claims)
  const { orphansBefore = NO_INSTANCES } = input
  const claimed = { forest, claims, orphansBefore }
  const instances = new Map<InstanceId, Instance>()
  const roles = new Map<ProcessKey, Role>()
  const executed = new Set<InstanceId>()
  for (const [draft, candidates] of nameDrafts(scene, forest, previous.executed)) {
    const remembered = previous.roles
    const signatures = signaturesOf(index.all, candidates, draft.previous)
    const rootIsServer =
      servesPort(forest, draft) || candidates.some(({ evidence }) => evidence !== 'words')
    const { joining } = forest
    const listedAs = candidates.length > 0 ? undefined : unconfiguredIn(claimed, draft)
    const serves = listedAs && servesUnconfigured(scene, listedAs)
    const { containers } = claims
    const asked = { scene, draft, signatures, rootIsServer, remembered, joining, containers }
    const given = assignRoles(serves === undefined ? asked : { ...asked, serves })
    const described = describeInstance(scene, claimed, draft, candidates, given)
    if (described === null) continue
    const instance = keepSame(previous.instances.get(described.id), described)
    instances.set(instance.id, instance)
    if (hasExecuted(draft, previous.executed)) executed.add(instance.id)
    for (const { process, role } of instance.members) roles.set(process.key, role)
  }
  const containers = rememberContainers(previous, input.containers, claims, instances)
  const state = { instances, roles, executed, containers }
  return {
    state: isSameState(previous, state) ? previous : state,
    instances: [...instances.values()].sort(
      (a, b) => a.startedAt - b.startedAt || a.rootPid - b.rootPid,
    ),
    clients: runningClients(scene),
    waiting: waitingCalls(scene, claims, [...instances.values()]),
    question: stdinQuestion(scene, glance, [...instances.values()]),
  }
}

const NO_INSTANCES: ReadonlySet<InstanceId> = new Set()

/** What is a part of a server is nobody's client, wherever it is by now. */
function holderIn({ table, previous, stdinHolder }: MatchInput): (of: Process) => number | null {
  return (process) => {
    const pid = stdinHolder?.(process) ?? null
    const holder = pid === null ? undefined : table.processes.get(pid)
    return holder === undefined || previous.roles.has(holder.key) ? null : pid
  }
}

/** Roles are those of the members. */
function isSameState(before: MatchState, now: MatchState): boolean {
  if (before.instances.size !== now.instances.size || before.containers !== now.containers)
    return false
  for (const [id, instance] of now.instances)
    if (before.instances.get(id) !== instance || before.executed.has(id) !== now.executed.has(id))
      return false
  return true
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
