/** Which container each running command has made. Pure. */
import type { ServerId } from '../../shared/model/ids.ts'
import { type Caller, madeBy } from './container-callers.ts'
import { type ContainerEvidence, EVIDENCE } from './container-fit.ts'
import type { Inhabited } from './container-processes.ts'
import type { Scene } from './scene.ts'

/** `contested`: commands of different servers fit equally well. `serverIds` is empty where one of them is nobody's. */
export type Call =
  | { readonly kind: 'made'; readonly by: Caller; readonly evidence: ContainerEvidence }
  | { readonly kind: 'contested'; readonly serverIds: readonly ServerId[] }

/**
 * A command has one container. Strong evidence goes first; of what only looks alike, the container that no other command
 * can have made goes first, so that the others are left with fewer. `taken` are those whose container is known.
 */
export function assignCalls(
  scene: Scene,
  callers: readonly Caller[],
  containers: readonly Inhabited[],
  taken: ReadonlySet<Caller>,
): ReadonlyMap<Inhabited, Call> {
  const calls = new Map<Inhabited, Call>()
  const free = new Set(callers.filter((caller) => !taken.has(caller)))
  const open = new Set(
    [...containers].sort((a, b) => a.container.createdAt - b.container.createdAt),
  )
  const fitting = (here: Inhabited, evidence: ContainerEvidence): readonly Caller[] =>
    bestOf([...free], (caller) => {
      const fit = madeBy(scene, caller, here.container, here.init)
      return fit?.evidence === evidence ? fit.sameArgs : null
    })
  const give = (here: Inhabited, by: Caller, evidence: ContainerEvidence): void => {
    calls.set(here, { kind: 'made', by, evidence })
    free.delete(by)
    open.delete(here)
  }
  for (const evidence of EVIDENCE) {
    for (let isMoving = true; isMoving && free.size > 0; ) {
      isMoving = false
      for (const here of open) {
        const fits = fitting(here, evidence)
        const nearest = fits[0]
        if (nearest === undefined || !fits.every((one) => isSameOwner(one, nearest))) continue
        give(here, nearest, evidence)
        isMoving = true
      }
    }
    for (const here of open) {
      const fits = fitting(here, evidence)
      if (fits.length === 0) continue
      calls.set(here, { kind: 'contested', serverIds: unionOf(fits) })
      open.delete(here)
    }
  }
  return calls
}

/** Those with the same arguments where there are any, the one started last first. */
function bestOf(
  callers: readonly Caller[],
  fitting: (caller: Caller) => boolean | null,
): readonly Caller[] {
  const found = callers.flatMap((caller) => {
    const sameArgs = fitting(caller)
    return sameArgs === null ? [] : [{ caller, sameArgs }]
  })
  const exact = found.filter(({ sameArgs }) => sameArgs)
  return (exact.length > 0 ? exact : found)
    .map(({ caller }) => caller)
    .sort((a, b) => b.process.startTicks - a.process.startTicks)
}

function isSameOwner(one: Caller, other: Caller): boolean {
  return one.serverIds.join() === other.serverIds.join()
}

function unionOf(callers: readonly Caller[]): readonly ServerId[] {
  if (callers.some(({ serverIds }) => serverIds.length === 0)) return []
  return [...new Set(callers.flatMap(({ serverIds }) => serverIds))].sort()
}
