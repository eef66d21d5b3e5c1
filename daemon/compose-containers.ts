/** What the source of containers is made of on this machine. */
import { ask, followEvents } from './containers/ask.ts'
import { type ContainerSourceDeps, createContainerSource } from './containers/container-source.ts'
import { currentContextHost } from './containers/docker-context.ts'
import { findSockets } from './containers/find-sockets.ts'
import { noContainers } from './containers/no-containers.ts'
import { enginePlaces } from './containers/places.ts'
import { thisKernel } from './containers/sight.ts'
import { readSmallFile } from './containers/small-file.ts'
import type { Machine } from './machine.ts'
import type { ContainerSource, Log } from './ports.ts'

/** A daemon for show asks no engine: its clients are of a folder of its own. */
export function composeContainers(machine: Machine, log: Pick<Log, 'warn'>): ContainerSource {
  return machine.sandboxed ? noContainers : createContainerSource(containerDeps(machine, log))
}

export function containerDeps(
  { env, folders: { home }, uid, owner, clock }: Machine,
  log: Pick<Log, 'warn'>,
): ContainerSourceDeps {
  const user = owner?.uid ?? uid
  return {
    // The context is read each time: the user may choose another.
    findSockets: async () => {
      const context = currentContextHost(env, home, readSmallFile)
      return await findSockets(enginePlaces({ env, home, uid: user, context }))
    },
    ask,
    follow: followEvents,
    kernel: thisKernel(),
    clock,
    log,
    uids: new Set([0, uid, user]),
  }
}
