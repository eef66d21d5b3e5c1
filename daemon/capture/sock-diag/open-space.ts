/** Opens the kernel's interfaces to the sockets of our own network namespace. */
import { McpWatchError } from '../../../shared/errors.ts'
import { isNativeFault, type Native } from '../../native/native.ts'
import { ownNetns } from '../other-namespaces.ts'
import { createDestroyEvents, type DestroyEvents } from './destroy-events.ts'
import { createSockDiag, NETLINK_SOCK_DIAG } from './dump.ts'
import { createSpace, type Detail, type Space } from './space.ts'

/** State TCP_LISTEN (net/tcp_states.h) as a mask: the shortest list there is. */
const LISTENING = 1 << 10

/** Throws McpWatchError NO_ENGINE where the kernel does not list sockets to us. */
export function openSpace(native: Native, procRoot: string, detail: Detail = 'all'): Space {
  const netns = ownNetns(procRoot)
  if (netns === null) {
    throw new McpWatchError('NO_ENGINE', 'the own network namespace cannot be told')
  }
  try {
    const socket = native.netlink(NETLINK_SOCK_DIAG)
    const diag = createSockDiag({ socket, interfaceName: (index) => native.interfaceName(index) })
    const { failure } = diag.dump({ states: { tcp: LISTENING, udp: 0 } })
    if (failure?.reason === 'refused') {
      diag.close()
      throw refusal(failure.errno)
    }
    return createSpace(netns, diag, detail === 'all' ? openCloses(native) : null, detail)
  } catch (error) {
    throw isNativeFault(error) ? refusal(error.errno) : error
  }
}

function refusal(errno: string | null): McpWatchError {
  return new McpWatchError('NO_ENGINE', `the kernel lists no sockets to us (${errno ?? 'refused'})`)
}

function openCloses(native: Native): DestroyEvents | null {
  try {
    return createDestroyEvents(native)
  } catch (error) {
    if (!isNativeFault(error)) throw error
    return null
  }
}
