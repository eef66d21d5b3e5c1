/** What this program asks of the C library itself, because Node has no name for it. Types and the error only. */

/** Groups are bit masks for `bind` (the first 32 of a protocol); any group can be joined later with addMembership. */
export interface NetlinkOptions {
  readonly groups?: number
  /** Bytes the kernel may queue for this socket; as much of it as this user may have (socket(7), SO_RCVBUF). */
  readonly receiveBuffer?: number
}

/** A non-blocking netlink(7) socket. Every method but `close` throws NativeError when the kernel refuses. */
export interface NetlinkSocket {
  /** To the kernel, as one datagram; complete with its message headers. */
  send(message: Uint8Array): void
  /**
   * Takes the next datagram of the kernel; what other processes send to the socket is dropped. 0: nothing is there.
   * More than `into` holds: it was cut. ENOBUFS is thrown once when datagrams were lost; the socket goes on.
   */
  receive(into: Uint8Array): number
  addMembership(group: number): void
  /** Classic BPF (8 bytes an instruction, host order): which datagrams are queued at all. SO_ATTACH_FILTER, socket(7). */
  attachFilter(instructions: Uint8Array): void
  /** Can be repeated; nothing else may be called afterwards. */
  close(): void
}

export interface Native {
  /**
   * CPU time that a process has used so far, with all its threads, in ns: clock_getcpuclockid(3). Needs no privilege.
   * Null when it is gone or cannot be read; one number can stand for two processes once the first has ended.
   */
  cpuTimeNs(pid: number): number | null
  /** Throws NativeError. The descriptor is closed on exec. */
  netlink(protocol: number, options?: NetlinkOptions): NetlinkSocket
  /**
   * Runs `make` with this thread in the network namespace behind `path` (setns(2)). `make` must be synchronous. Throws
   * NativeError when the namespace may not be entered, and what `make` throws, after coming back; ends the process in
   * the one case where coming back fails, for everything it did from there on would be about another network.
   */
  inNetns<T>(path: string, make: () => T): T
  /** if_indextoname(3) in the network namespace of this thread; null when there is none of that number. */
  interfaceName(index: number): string | null
  /** One datagram to a Unix socket; `@` begins an abstract name. False when it was not taken: nobody there, or full. */
  sendUnixDatagram(address: string, message: Uint8Array): boolean
}

/** A system call that failed. `code` is the name of `errno`, such as EPERM. */
export class NativeError extends Error {
  override readonly name = 'NativeError'
  readonly syscall: string
  readonly errno: number
  readonly code: string

  constructor(syscall: string, errno: number, code: string) {
    super(`${syscall}: ${code}`)
    this.syscall = syscall
    this.errno = errno
    this.code = code
  }
}
