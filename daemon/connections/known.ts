/** Which of the open connections a row may be about. */
import type { Connection } from '../../shared/model/connection.ts'
import { endText, type Flow, flowKey } from './flows.ts'
import { isSame, type SocketMarks } from './sightings.ts'

const NO_CONNECTIONS: readonly Connection[] = []

/** The likeliest first. */
export function indexKnown(open: readonly Connection[]): (flow: Flow) => readonly Connection[] {
  const byEnds = grouped(open, flowKey)
  const portless = grouped(open.filter(isPortless), socketKey)
  return (flow) => {
    const alike = byEnds.get(flow.key) ?? NO_CONNECTIONS
    const earlier = portless.size === 0 ? undefined : portless.get(socketKey(facesOf(flow)))
    const known = earlier === undefined ? alike : [...alike, ...earlier]
    if (known.length === 0) return NO_CONNECTIONS
    return known
      .filter((connection) => isSame(connection, flow.row))
      .toSorted((a, b) => likeness(b, flow.row) - likeness(a, flow.row))
  }
}

/** More of the same marks is likelier the same socket. */
function likeness(connection: SocketMarks, row: SocketMarks): number {
  return Number(connection.inode === row.inode) + 2 * Number(connection.cookie === row.cookie)
}

/** A socket has no local port until the kernel needs one; its cookie tells that it is the same one then. */
function isPortless({ cookie, local }: Connection): boolean {
  return cookie !== null && local.port === 0
}

type Faces = Pick<Connection, 'netns' | 'protocol' | 'cookie' | 'remote'>

function facesOf({ snapshot, row, remote }: Flow): Faces {
  return { netns: snapshot.netns, protocol: row.protocol, cookie: row.cookie, remote }
}

function socketKey({ netns, protocol, cookie, remote }: Faces): string {
  return `${netns} ${protocol} ${cookie ?? ''} ${endText(remote)}`
}

function grouped(
  connections: readonly Connection[],
  keyOf: (connection: Connection) => string,
): ReadonlyMap<string, Connection[]> {
  const groups = new Map<string, Connection[]>()
  for (const connection of connections) {
    const key = keyOf(connection)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [connection])
    else group.push(connection)
  }
  return groups
}
