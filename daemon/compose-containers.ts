/** What the source of containers is made of on this machine. */

import { type Containers, NO_CONTAINERS } from '../shared/model/container.ts'
import { ask, followEvents } from './containers/ask.ts'
import {
  type ContainerSourceDeps,
  createContainerSource,
  lookOnce,
} from './containers/container-source.ts'
import { currentContextHost } from './containers/docker-context.ts'
import { findSockets } from './containers/find-sockets.ts'
import { noContainers } from './containers/no-containers.ts'
import { enginePlaces } from './containers/places.ts'
import { thisKernel } from './containers/sight.ts'
import { readSmallFile } from './containers/small-file.ts'
import { silentLog } from './host/log.ts'
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
  const uids = new Set([0, uid, user])
  return {
    // The context is read each time: the user may choose another.
    findSockets: async () => {
      const context = currentContextHost(env, home, readSmallFile)
      return await findSockets(enginePlaces({ env, home, uid: user, context }), uids)
    },
    ask,
    follow: followEvents,
    kernel: thisKernel(),
    clock,
    log,
    uids,
  }
}

/** An engine that is slower keeps nobody waiting who asked a question. */
const ANSWER_MS = 2000

/** One look, for a command that ends after it. */
export async function containersNow(machine: Machine, answerMs = ANSWER_MS): Promise<Containers> {
  if (machine.sandboxed) return NO_CONTAINERS
  return await lookOnce(containerDeps(machine, silentLog), answerMs)
}

/** What was found once, for a command that looks a few times in a moment. */
export function foundOnce(containers: Containers): ContainerSource {
  return { ...noContainers, current: () => containers }
}
