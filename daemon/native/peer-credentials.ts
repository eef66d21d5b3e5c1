/** Who is at the other end of a Unix socket, as the kernel noted it at connect(2): unix(7), SO_PEERCRED. */
import { checked, type Libc } from './libc.ts'
import { nativeFault, type PeerCredentials } from './native.ts'

const SOL_SOCKET = 1
const SO_PEERCRED = 17
/** struct ucred: three numbers of 32 bits. */
const UCRED_BYTES = 12
/** What stands for nobody; no user can have it (user_namespaces(7)). */
const NO_ID = 0xffff_ffff

/** Throws a `NativeFault`: EBADF, ENOTSOCK, and EINVAL for what has no such peer. */
export function createPeerCredentials(libc: Libc): (fd: number) => PeerCredentials {
  return (fd) => {
    const ucred = new Uint32Array(UCRED_BYTES / 4)
    const length = new Uint32Array([UCRED_BYTES])
    checked(libc, 'getsockopt', () => libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ucred, length))
    const [pid = 0, uid = NO_ID, gid = NO_ID] = ucred
    // The kernel answers for any socket, and with nobody's ids where there is no peer.
    if (length[0] !== UCRED_BYTES || uid === NO_ID) throw nativeFault('getsockopt', 'EINVAL')
    return { pid, uid, gid }
  }
}
