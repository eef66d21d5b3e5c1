/** Which processes have no client above, and which clients may be at the other end of their descriptor 0. Pure. */
import type { Instance } from '../../shared/model/attribution.ts'
import type { Process } from '../../shared/model/process.ts'
import type { Glance } from './glance.ts'
import type { KnownClient, Scene } from './scene.ts'
import { talksOverStdin } from './stdin-client.ts'

export interface StdinQuestion {
  /** Of each instance without a client above the root, or what serves once that is gone; and what may become a root. */
  readonly unclaimed: readonly Process[]
  /** Clients by solid evidence, helper processes included, that are no part of an instance. Empty with `unclaimed`. */
  readonly clients: readonly KnownClient[]
}

const NOTHING: StdinQuestion = { unclaimed: [], clients: [] }

export function stdinQuestion(
  scene: Scene,
  glance: Glance,
  instances: readonly Instance[],
): StdinQuestion {
  const members = new Set<Process>()
  const unclaimed: Process[] = []
  const add = (process: Process): void => {
    if (talksOverStdin(process) && scene.nearestClient(process) === null) unclaimed.push(process)
  }
  for (const instance of instances) {
    const isRootAlive = instance.members.some(({ process }) => process.key === instance.root)
    for (const { process, role } of instance.members) {
      members.add(process)
      if (isRootAlive ? process.key === instance.root : role === 'server') add(process)
    }
  }
  const all = scene.table.processes
  // Those with weak signatures only: a client at the other end would make them enough.
  for (const process of all.values())
    if (!members.has(process) && glance.shown(process).length > 0) add(process)
  if (unclaimed.length === 0) return NOTHING
  const clients: KnownClient[] = []
  for (const process of all.values()) {
    const id = scene.isSolidClient(process) ? scene.clientId(process) : null
    if (id !== null && !members.has(process)) clients.push({ id, process })
  }
  return { unclaimed, clients }
}
