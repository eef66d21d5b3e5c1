/** The name behind a finding's destination, from the connections that are open. Pure. */
import type { Finding, JudgedConnection } from '../../shared/model/judgement.ts'

/** Null where no open connection of that server goes there, or nothing is known of its name. */
export function hostNames(
  open: readonly JudgedConnection[],
): (finding: Pick<Finding, 'serverId' | 'destination'>) => string | null {
  return ({ serverId, destination }) => {
    if (destination === null) return null
    const judged = open.find(
      (it) =>
        it.serverId === serverId &&
        it.names.length > 0 &&
        it.connection.remote.address === destination.address,
    )
    return judged?.names[0]?.name ?? null
  }
}
