/** One look at who listens where entries on this machine lead to, for commands that answer without a daemon. */
import type { Containers } from '../shared/model/container.ts'
import type { ServerId } from '../shared/model/ids.ts'
import type { Process, ProcessTable } from '../shared/model/process.ts'
import type { Server } from '../shared/model/server.ts'
import { composeListenerOwners } from './compose-engines.ts'
import { createHostFacts } from './host/facts.ts'
import type { Machine } from './machine.ts'
import type { ListeningAt } from './match/claims.ts'
import type { Loaded } from './native/load.ts'
import { createListeningBook } from './tick/listening.ts'

export interface ListeningQuestion {
  readonly servers: readonly Server[]
  readonly table: ProcessTable
  readonly containers: Containers
  readonly recogniseClient: (process: Process) => string | null
}

/** Waits for it, half a second at most. */
export async function listeningNow(
  machine: Machine,
  loaded: Loaded,
  { servers, table, containers, recogniseClient }: ListeningQuestion,
): Promise<ReadonlyMap<ServerId, ListeningAt>> {
  const { clock, env } = machine
  const hostFacts = createHostFacts({ clock, env, resolvConf: '/etc/resolv.conf' })
  const { selfAddresses } = hostFacts.current()
  const listenerOwners = composeListenerOwners(machine, loaded)
  const unchanging = (): (() => void) => () => undefined
  const book = createListeningBook({ listenerOwners, recogniseClient }, () => undefined, unchanging)
  await book.look({ servers, selfAddresses, table, containers: containers.all })
  book.stop()
  return book.current()
}
