/** The sockets that members of instances listen on. */
import type { Owner } from '../../shared/model/connection.ts'
import type { InstanceId } from '../../shared/model/ids.ts'
import type { SocketAddress } from '../../shared/model/observation.ts'
import type { Listener } from './listeners.ts'
import type { OwnerIndex } from './owners.ts'

export interface OwnedListener {
  readonly instance: InstanceId
  readonly owner: Owner
  /** A process above the instance holds it too. */
  readonly inherited: boolean
  readonly local: SocketAddress
  readonly netns: string
}

export function ownedListeners(
  listeners: readonly Listener[],
  owners: OwnerIndex,
): readonly OwnedListener[] {
  return listeners.flatMap(({ row, netns }) =>
    row.holders.length === 0
      ? []
      : owners
          .ownersOf(row.holders)
          .map((ownership) => ({ ...ownership, local: row.local, netns })),
  )
}
