/** The port that names a destination: the remote one, or for an inbound connection the local one. Pure. */
import type { Connection } from '../../shared/model/connection.ts'

export function destinationPort({ direction, local, remote }: Connection): number {
  return direction === 'inbound' ? local.port : remote.port
}
