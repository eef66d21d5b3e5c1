/** Who listens where configured addresses on this machine lead to, found off the tick and remembered. */
import type { ServerId } from '../../shared/model/ids.ts'
import type { Snapshot, SocketRow } from '../../shared/model/observation.ts'
import type { ProcessTable } from '../../shared/model/process.ts'
import type { Server } from '../../shared/model/server.ts'
import type { ListeningAt } from '../match/claims.ts'
import type { ListenerOwners } from '../ports.ts'

export interface ListeningInput {
  readonly servers: readonly Server[]
  readonly listeners: readonly { readonly netns: string; readonly row: SocketRow }[]
  readonly snapshots: readonly Snapshot[]
  readonly ownNetns: string | null
  readonly table: ProcessTable
}

export interface ListeningBook {
  /** The same object while nothing changed. */
  current(): ReadonlyMap<ServerId, ListeningAt>
  update(input: ListeningInput): void
}

/** `onChange` is called when an answer came that `current` did not have. */
export function createListeningBook(_owners: ListenerOwners, _onChange: () => void): ListeningBook {
  const current = new Map<ServerId, ListeningAt>()
  return { current: () => current, update: () => undefined }
}
