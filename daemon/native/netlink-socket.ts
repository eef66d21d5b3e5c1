/** netlink(7) sockets that never wait. */
import { constants } from 'node:os'
import { errnoName } from './errno.ts'
import { checked, type Libc } from './libc.ts'
import { type NetlinkOptions, type NetlinkSocket, nativeFault } from './native.ts'

const AF_NETLINK = 16
const SOCK_RAW = 3
const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SO_RCVBUF = 8
const SO_ATTACH_FILTER = 26
const SO_RCVBUFFORCE = 33
const SOL_NETLINK = 270
const NETLINK_ADD_MEMBERSHIP = 1
const MSG_TRUNC = 0x20
const MSG_DONTWAIT = 0x40

/** struct sockaddr_nl: family, padding, port (0 is the kernel), groups. */
const ADDRESS_BYTES = 12
const SOCK_FILTER_BYTES = 8
const { EAGAIN, EINTR } = constants.errno

/** Throws a `NativeFault`. Groups that the user may not join make it fail as a whole. */
export function openNetlink(libc: Libc, protocol: number, options: NetlinkOptions): NetlinkSocket {
  const fd = checked(libc, 'socket', () =>
    libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol),
  )
  try {
    if (options.receiveBuffer !== undefined) growBuffer(libc, fd, options.receiveBuffer)
    const address = kernelAddress(options.groups ?? 0)
    checked(libc, 'bind', () => libc.bind(fd, address, ADDRESS_BYTES))
  } catch (error) {
    libc.close(fd)
    throw error
  }
  return new NonBlockingNetlink(libc, fd)
}

/** The larger size is for CAP_NET_ADMIN; others get up to net.core.rmem_max, which is no failure. */
function growBuffer(libc: Libc, fd: number, bytes: number): void {
  const size = new Int32Array([Math.min(bytes, 0x3fff_ffff)])
  if (libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, size, 4) === 0) return
  libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, size, 4)
}

function kernelAddress(groups: number): Uint8Array {
  const address = new DataView(new ArrayBuffer(ADDRESS_BYTES))
  address.setUint16(0, AF_NETLINK, true)
  address.setUint32(8, groups >>> 0, true)
  return new Uint8Array(address.buffer)
}

class NonBlockingNetlink implements NetlinkSocket {
  readonly #libc: Libc
  #fd: number
  readonly #kernel = kernelAddress(0)
  /** Filled anew by each receive. */
  readonly #sender = new Uint32Array(ADDRESS_BYTES / 4)
  readonly #senderLength = new Uint32Array(1)

  constructor(libc: Libc, fd: number) {
    this.#libc = libc
    this.#fd = fd
  }

  send(message: Uint8Array): void {
    const { sendto } = this.#libc
    checked(this.#libc, 'sendto', () =>
      sendto(this.#fd, message, message.length, MSG_DONTWAIT, this.#kernel, ADDRESS_BYTES),
    )
  }

  receive(into: Uint8Array): number {
    const { recvfrom, koffi } = this.#libc
    const [sender, length] = [this.#sender, this.#senderLength]
    for (;;) {
      length[0] = ADDRESS_BYTES
      const flags = MSG_DONTWAIT | MSG_TRUNC
      const got = recvfrom(this.#fd, into, into.length, flags, sender, length)
      if (got < 0) {
        const errno = koffi.errno()
        if (errno === EAGAIN) return 0
        if (errno !== EINTR) throw nativeFault('recvfrom', errnoName(errno))
      } else if (sender[1] === 0) {
        // A privileged process can write to any netlink socket: only port 0 is the kernel.
        return got
      }
    }
  }

  addMembership(group: number): void {
    const value = new Int32Array([group])
    checked(this.#libc, 'setsockopt', () =>
      this.#libc.setsockopt(this.#fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, value, 4),
    )
  }

  attachFilter(program: Uint8Array): boolean {
    const { koffi, setsockopt } = this.#libc
    if (program.length === 0 || program.length % SOCK_FILTER_BYTES !== 0) return false
    // struct sock_fprog: the number of instructions, padding, and their address. The kernel copies them.
    const memory: unknown = koffi.alloc('uint8_t', program.length)
    try {
      new Uint8Array(koffi.view(memory, program.length)).set(program)
      const fprog = new DataView(new ArrayBuffer(16))
      fprog.setUint16(0, program.length / SOCK_FILTER_BYTES, true)
      fprog.setBigUint64(8, koffi.address(memory), true)
      const bytes = new Uint8Array(fprog.buffer)
      return setsockopt(this.#fd, SOL_SOCKET, SO_ATTACH_FILTER, bytes, bytes.length) === 0
    } finally {
      koffi.free(memory)
    }
  }

  /** The number is forgotten at once: it may be another file's a moment later. */
  close(): void {
    if (this.#fd >= 0) this.#libc.close(this.#fd)
    this.#fd = -1
  }
}
