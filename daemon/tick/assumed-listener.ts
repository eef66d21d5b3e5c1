/** What must be listening somewhere, where nobody lists such sockets of other processes (lsof; UDP). Pure. */
import type { Protocol, SocketAddress, SocketRow } from '../../shared/model/observation.ts'

export function assumedListener(protocol: Protocol, local: SocketAddress): SocketRow {
  return {
    protocol,
    state: 'listen',
    local,
    remote: null,
    inode: null,
    cookie: null,
    uid: null,
    cgroup: null,
    holders: [],
  }
}
