/** Which listeners of servers can be reached through this machine's own addresses, and at which port. Pure. */
import type { Instance } from '../../shared/model/attribution.ts'
import type { Container } from '../../shared/model/container.ts'
import type { OwnedListener } from '../connections/listening.ts'
import type { Listening } from '../judge/state.ts'

export interface ReachInput {
  /** Null where there are no namespaces, or ours is not known. */
  readonly ownNetns: string | null
  readonly instances: readonly Instance[]
  readonly containers: readonly Container[]
}

/**
 * A listener in another network namespace is not at this machine's addresses, whatever it listens on: only what is
 * published of its container is, under the port that it is published as.
 */
export function reachableHere(
  listening: readonly OwnedListener[],
  { ownNetns, instances, containers }: ReachInput,
): readonly Listening[] {
  if (ownNetns === null || listening.every(({ netns }) => netns === ownNetns)) return listening
  const byId = new Map(instances.map((instance) => [instance.id, instance]))
  return listening.flatMap((one): readonly Listening[] => {
    if (one.netns === ownNetns) return [one]
    const id = byId.get(one.instance)?.container?.id
    const container = id === undefined ? null : containers.find((each) => each.id.startsWith(id))
    const published = container?.published.filter(({ port }) => port === one.local.port) ?? []
    return published.map(({ hostPort, address = '' }) => ({
      ...one,
      local: { address: address === '' ? '0.0.0.0' : address, port: hostPort, zone: null },
      inside: one.local.port,
    }))
  })
}
