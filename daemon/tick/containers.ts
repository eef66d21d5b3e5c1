/** Whether container engines are worth asking, and who waits for an answer of theirs. */
import { addressesHere } from '../../shared/address/this-machine.ts'
import { gatewayOf } from '../../shared/argv/gateway.ts'
import { namedContainerOf } from '../../shared/argv/named-container.ts'
import type { EpochMs, InstanceId } from '../../shared/model/ids.ts'
import type { Server } from '../../shared/model/server.ts'
import type { Waiting } from '../match/match.ts'
import { createSignature } from '../match/signature.ts'
import type { ContainerSource } from '../ports.ts'

/** Whether any of the entries may run in a container, so that engines are worth asking. */
export function mayRunInContainers(servers: readonly Server[]): boolean {
  return servers.some((server) => {
    if (server.client === 'docker-toolkit' || server.client === 'toolhive') return true
    if (server.endpoint !== null) return addressesHere(server.endpoint.host, new Set()) !== null
    const invocation = createSignature(server)?.invocation ?? null
    const core = invocation?.core
    if (core?.kind === 'image' || namedContainerOf(invocation) !== null) return true
    return core?.kind === 'binary' && gatewayOf(core.path, core.args) !== null
  })
}

/** A command without container, and when that was first seen. */
export interface WaitingSince extends Waiting {
  readonly since: EpochMs
}

export function waitingSince(
  before: readonly WaitingSince[],
  now: readonly Waiting[],
  at: EpochMs,
): readonly WaitingSince[] {
  const known = new Map(before.map(({ instance, since }) => [instance, since]))
  return now.map((waiting) => ({ ...waiting, since: known.get(waiting.instance) ?? at }))
}

/** A container is there some tenths of a second after its command, and then an engine has to be asked. */
export const CONTAINER_PATIENCE_MS = 5000

/** Those who have waited in vain; a clock that was put back keeps nobody waiting for ever. */
export function inVain(
  waiting: readonly WaitingSince[],
  at: EpochMs,
  patienceMs = CONTAINER_PATIENCE_MS,
): readonly Waiting[] {
  return waiting.filter(({ since }) => Math.abs(at - since) >= patienceMs)
}

export interface ContainerWishes {
  tell(servers: readonly Server[], waiting: readonly Waiting[]): void
}

export function createContainerWishes(source: Pick<ContainerSource, 'want'>): ContainerWishes {
  let known: { readonly servers: readonly Server[]; readonly may: boolean } | null = null
  let before: ReadonlySet<InstanceId> = new Set()
  return {
    tell(servers, waiting) {
      if (known?.servers !== servers) known = { servers, may: mayRunInContainers(servers) }
      const now = new Set(waiting.map(({ instance }) => instance))
      // Who has just begun to wait is looked for at once, whoever waits in vain besides.
      const isMore = [...now].some((instance) => !before.has(instance))
      if (isMore && before.size > 0) source.want(true, false)
      source.want(known.may || now.size > 0, now.size > 0)
      before = now
    },
  }
}
