/** Lists the TCP listeners of our own network namespace, whoever holds them, at the price of the listeners alone. */
import type { SocketRow } from '../../shared/model/observation.ts'
import { isNativeFault, type Native } from '../native/native.ts'
import { socketRow } from './sock-diag/diag-row.ts'
import { createSockDiag, NETLINK_SOCK_DIAG, type SockDiag } from './sock-diag/dump.ts'

/** State TCP_LISTEN (net/tcp_states.h) as a mask: the kernel walks no other table then. */
const LISTENING = 1 << 10

/**
 * Null where they cannot be listed. The files of /proc are not read instead: for them the kernel walks its whole table
 * of connections too (9 ms where an answer of sock_diag(7) takes 0.04), and a machine without these system calls is
 * watched by an engine that lists all sockets anyway.
 */
export function createOwnListeners(native: Native): () => readonly SocketRow[] | null {
  let diag: SockDiag | null = null
  let isRefused = false
  return () => {
    if (isRefused) return null
    diag ??= open(native)
    const answer = diag?.dump({ states: { tcp: LISTENING, udp: 0 } })
    if (answer?.complete === true) return answer.rows.map(socketRow)
    isRefused = answer === undefined || answer.failure?.reason === 'refused'
    if (isRefused) diag?.close()
    return null
  }
}

function open(native: Native): SockDiag | null {
  try {
    const socket = native.netlink(NETLINK_SOCK_DIAG)
    return createSockDiag({ socket, interfaceName: (index) => native.interfaceName(index) })
  } catch (error) {
    if (!isNativeFault(error)) throw error
    return null
  }
}
