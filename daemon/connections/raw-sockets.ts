/** Raw and packet sockets that a server's processes made. */
import type { Owner } from '../../shared/model/connection.ts'
import type { EpochMs, InstanceId } from '../../shared/model/ids.ts'
import type { Batch, RawSocket } from '../../shared/model/observation.ts'
import type { OwnerIndex } from './owners.ts'

export interface OwnedRawSocket {
  readonly instance: InstanceId
  readonly owner: Owner
  readonly family: RawSocket['family']
  readonly at: EpochMs
}

export function ownedRawSockets(batch: Batch, owners: OwnerIndex): readonly OwnedRawSocket[] {
  return (batch.rawSockets ?? []).flatMap(({ holder, family, at }) =>
    owners.ownersOf([holder]).map(({ instance, owner }) => ({ instance, owner, family, at })),
  )
}
