/** Whose a container is by what was known of it, or by what the entries say, where no command that made it runs. Pure. */
import type { Instance, MatchState } from '../../shared/model/attribution.ts'
import type { Process } from '../../shared/model/process.ts'
import { type Caller, madeBy } from './container-callers.ts'
import { EVIDENCE, type Fit, fitOf } from './container-fit.ts'
import { claimOfGateway } from './container-gateways.ts'
import { type Claim, isContainerReason, joinOf, rootOf } from './container-init-claim.ts'
import type { Inhabited } from './container-processes.ts'
import { lifeOf } from './drafts.ts'
import type { Scene } from './scene.ts'

export function claimUncalled(scene: Scene, here: Inhabited): Claim | null {
  return claimOfGateway(scene, here) ?? claimOfEntry(scene, here)
}

/**
 * The same container with another first process: it was started again. Whoever had it counts more than what it says of
 * itself, as anybody can make one that says the same, and more than another command that looks alike.
 */
export function claimOfMemory(
  scene: Scene,
  { instances, containers }: MatchState,
  here: Inhabited,
  callers: readonly Caller[],
): Claim | null {
  const { container, init } = here
  for (const instance of instances.values()) {
    if (instance.container?.id !== container.id.slice(0, 12)) continue
    if (!instance.reasons.some(isContainerReason)) continue
    const launcher = livingMember(scene, instance)
    if (launcher !== null) return joinOf(init, launcher, instance.reasons.filter(isContainerReason))
  }
  const [first, ...more] = containers.get(container.id) ?? []
  if (first === undefined) return null
  const serverIds = [first, ...more] as const
  for (const caller of callers) {
    if (caller.serverIds.join() !== serverIds.join()) continue
    const fit = madeBy(scene, caller, container, init)
    if (fit !== null) return joinOf(init, caller.process, [fit.evidence])
  }
  return rootOf(init, { serverIds, quality: 'remembered', reasons: ['root-gone'], orphaned: true })
}

function livingMember(scene: Scene, { members }: Instance): Process | null {
  for (const { process } of members) {
    const now = scene.table.processes.get(process.pid)
    if (now !== undefined && lifeOf(now) === lifeOf(process)) return now
  }
  return null
}

function claimOfEntry(scene: Scene, here: Inhabited): Claim | null {
  const fits = scene.index.all.flatMap(({ server, folder, invocation: { core } }) => {
    const fit = core.kind === 'image' ? fitOf(core, here.container, scene.matcher, folder) : null
    return fit === null || !isEnough(fit, here) ? [] : [{ id: server.id, fit }]
  })
  const best = EVIDENCE.find((evidence) => fits.some(({ fit }) => fit.evidence === evidence))
  if (best === undefined) return null
  const [first, ...more] = fits.flatMap(({ id, fit }) => (fit.evidence === best ? [id] : [])).sort()
  if (first === undefined) return null
  const quality = more.length > 0 ? 'one-of' : 'no-client'
  const serverIds = [first, ...more] as const
  return rootOf(here.init, { serverIds, quality, reasons: [best], orphaned: true })
}

/** An image alone is anybody's; a client keeps talking to what it made. */
function isEnough({ evidence, isWhole }: Fit, { container }: Inhabited): boolean {
  return evidence !== 'container-image' || (isWhole && container.interactive)
}
