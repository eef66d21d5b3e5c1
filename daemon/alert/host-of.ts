/** The name behind a finding's destination, from the connections that are open. Pure. */
import type {
  Finding,
  FindingDestination,
  JudgedConnection,
  Name,
} from '../../shared/model/judgement.ts'

/** Names that are of this very destination; others are only one of several that it could be. */
const SURE: ReadonlySet<string> = new Set<Name['source']>(['registry', 'listener', 'expected-host'])

/** Null where no open connection of that server goes there, or no name of it is sure. */
export function hostNames(
  open: readonly JudgedConnection[],
): (finding: Pick<Finding, 'serverId' | 'destination'>) => string | null {
  return ({ serverId, destination }) => {
    if (destination === null) return null
    const names = open
      .filter((it) => it.serverId === serverId && goesTo(it, destination))
      .flatMap((it) => it.names)
    return names.find(({ source }) => SURE.has(source))?.name ?? null
  }
}

/** A listener's name belongs to one port, so the port has to agree. */
function goesTo({ connection }: JudgedConnection, destination: FindingDestination): boolean {
  return (
    connection.direction === 'outbound' &&
    connection.protocol === destination.protocol &&
    connection.remote.address === destination.address &&
    connection.remote.port === destination.port
  )
}
