/** Which container each running command has made. Pure. */
import type { ServerId } from '../../shared/model/ids.ts'
import { type Caller, madeBy } from './container-callers.ts'
import { type ContainerEvidence, EVIDENCE, type Fit } from './container-fit.ts'
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
  const fits = new Map([...open].map((here) => [here, fitsOf(scene, [...free], here)]))
  const fitting = (here: Inhabited, evidence: ContainerEvidence): readonly Caller[] =>
    bestOf(
      fits.get(here)?.filter(({ caller, fit }) => fit.evidence === evidence && free.has(caller)) ??
        [],
    )
  const give = (here: Inhabited, by: Caller, evidence: ContainerEvidence): void => {
    calls.set(here, { kind: 'made', by, evidence })
    free.delete(by)
    open.delete(here)
  }
  for (const evidence of EVIDENCE) {
    for (let isMoving = true; isMoving && free.size > 0; ) {
      isMoving = false
      for (const here of open) {
        const able = fitting(here, evidence)
        const nearest = able[0]
        if (nearest === undefined || !able.every((one) => isSameOwner(one, nearest))) continue
        give(here, nearest, evidence)
        isMoving = true
      }
    }
    for (const here of open) {
      const able = fitting(here, evidence)
      if (able.length === 0) continue
      calls.set(here, { kind: 'contested', serverIds: unionOf(able) })
      open.delete(here)
    }
  }
  return calls
}

interface Fitting {
  readonly caller: Caller
  readonly fit: Fit
}

/** Commands that can have made it, the one started last first. */
function fitsOf(
  scene: Scene,
  callers: readonly Caller[],
  { container, init }: Inhabited,
): readonly Fitting[] {
  return callers
    .flatMap((caller) => {
      const fit = madeBy(scene, caller, container, init)
      return fit === null ? [] : [{ caller, fit }]
    })
    .sort((a, b) => b.caller.process.startTicks - a.caller.process.startTicks)
}

/** Those of which all is told to be the same, where there are any. */
function bestOf(fits: readonly Fitting[]): readonly Caller[] {
  const exact = fits.filter(({ fit }) => fit.isWhole)
  return (exact.length > 0 ? exact : fits).map(({ caller }) => caller)
}

function isSameOwner(one: Caller, other: Caller): boolean {
  return one.serverIds.join() === other.serverIds.join()
}

function unionOf(callers: readonly Caller[]): readonly ServerId[] {
  if (callers.some(({ serverIds }) => serverIds.length === 0)) return []
  return [...new Set(callers.flatMap(({ serverIds }) => serverIds))].sort()
}
