/** Commands that run and have made a container: `docker run` and its kin. Pure. */
import type { ImageCall } from '../../shared/argv/container.ts'
import type { Instance, MatchState } from '../../shared/model/attribution.ts'
import type { Container } from '../../shared/model/container.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import { processesAbove } from './above.ts'
import { bestCandidates } from './choose.ts'
import { type Fit, fitOf } from './container-fit.ts'
import { callsAbove } from './container-processes.ts'
import { lifeOf } from './drafts.ts'
import type { Scene } from './scene.ts'

export interface Caller {
  readonly process: Process
  readonly call: ImageCall
  /** The servers it can belong to, sorted; empty where it is nobody's. */
  readonly serverIds: readonly ServerId[]
}

/** Instances of the tick before, by the lives of their members. */
export type Lives = ReadonlyMap<string, Instance>

export function livesOf({ instances }: MatchState): Lives {
  const lives = new Map<string, Instance>()
  for (const instance of instances.values())
    for (const { process } of instance.members) lives.set(lifeOf(process), instance)
  return lives
}

/** What a process calls, without anything in front: a shell that was told to is not the command itself. */
export function imageCallOf(scene: Scene, process: Process): ImageCall | null {
  const invocation = scene.facet(process).invocation
  return invocation?.core.kind === 'image' && invocation.wrappers.length === 0
    ? invocation.core
    : null
}

export function findCallers(scene: Scene, lives: Lives): readonly Caller[] {
  const callers: Caller[] = []
  for (const process of scene.table.processes.values()) {
    const call = imageCallOf(scene, process)
    if (call === null || repeatsParent(scene, process)) continue
    callers.push({ process, call, serverIds: serversOf(scene, lives, process) })
  }
  return callers
}

/** Podman without root starts itself again, with the same words, in a user namespace. */
export function repeatsParent(scene: Scene, process: Process): boolean {
  const parent = scene.parentOf(process)
  return parent !== null && parent.argv.join('\0') === process.argv.join('\0')
}

/** As the forest will have it: of the instance that it or one above is in, else of the topmost that shows an entry. */
export function serversOf(scene: Scene, lives: Lives, caller: Process): readonly ServerId[] {
  let top: readonly ServerId[] = []
  for (const next of [caller, ...processesAbove(scene, caller)]) {
    const known = lives.get(lifeOf(next))
    if (known !== undefined && (next === caller || top.length === 0)) return known.serverIds
    // the tree of an instance ends at a client, and what that one is configured with begins there
    if (scene.clientId(next) !== null && top.length > 0) return top
    const named = namesOf(scene, next)
    if (named.length > 0) top = named
  }
  return top
}

function namesOf(scene: Scene, process: Process): readonly ServerId[] {
  const matches = scene.matches(process)
  if (matches.length === 0) return []
  const client = scene.clientOf(process)
  const candidates = matches.map((match) => ({
    ...match,
    evidence: 'words' as const,
    proved: false,
  }))
  const best = bestCandidates(candidates, process, client, client?.process.cwd ?? null)
  return best.map(({ signature }) => signature.server.id).sort()
}

/** Clocks may have been put right between the two: processes count ticks since boot, engines tell the time of day. */
const SKEW_MS = 1000

/** How well the container fits what the command was told; null where it cannot have made it. */
export function madeBy(
  scene: Scene,
  { process, call }: Caller,
  container: Container,
  init: Process,
): Fit | null {
  if (container.createdAt < process.startedAt - SKEW_MS) return null
  if (init.startTicks < process.startTicks) return null
  const fit = fitOf(call, container, scene.matcher, process.cwd)
  if (fit === null) return null
  // what is still below one command is not another's
  const above = callsAbove(scene, init)
  return above.length > 0 && !above.includes(process) ? null : fit
}
