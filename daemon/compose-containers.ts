/** What the source of containers is made of on this machine. */

import { setTimeout as pause } from 'node:timers/promises'
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
const ANSWER_MS = 1000

/** One look, for a command that ends after it. */
export async function containersNow(machine: Machine, answerMs = ANSWER_MS): Promise<Containers> {
  if (machine.sandboxed) return NO_CONTAINERS
  return await lookOnce(containerDeps(machine, silentLog), answerMs)
}

/**
 * Until an engine has answered and nothing more has come for a moment, or for as long as a question may take: one engine that
 * says nothing must not hide what another one tells.
 */
export async function firstAnswer(source: ContainerSource): Promise<Containers> {
  source.want(true, true)
  let before = source.current()
  let quiet = 0
  for (let waited = 0; waited < ANSWER_MS; waited += STEP_MS) {
    await pause(STEP_MS)
    const now = source.current()
    quiet = now === before ? quiet + STEP_MS : 0
    before = now
    // `elsewhere` and `denied` may be known before anybody is asked
    const isTold = now.engines.some(({ state }) => state === 'answers')
    if (isTold && quiet >= QUIET_MS) break
  }
  return source.current()
}

const STEP_MS = 20
/** One container more is told about once in so long, at the slowest. */
const QUIET_MS = 200

/** The same for a command that does not follow them. */
export async function containersSoon(machine: Machine): Promise<Containers> {
  const source = composeContainers(machine, silentLog)
  try {
    return await firstAnswer(source)
  } finally {
    source.stop()
  }
}
