/** What the rest of the daemon may ask of system calls that Node does not offer. Filled by load.ts; tests pass fakes. */

export interface Native {
  /**
   * CPU time of any process in ns, all its threads, whoever it belongs to; null when it is gone or may not be read.
   * clock_getcpuclockid(3): the clock's id is `((~pid) << 3) | 2`.
   */
  cpuTimeNs(pid: number): number | null
  /** A raw netlink socket (netlink(7)), bound to `groups` (a mask). Throws a `NativeFault`. */
  netlink(protocol: number, options: NetlinkOptions): NetlinkSocket
  /** Runs `make` with this thread in another network namespace (setns(2)). Throws a `NativeFault`. */
  inNetns<T>(path: string, make: () => T): T
  /** Sends one datagram to a Unix socket; `@` begins an abstract name. False when nobody took it. */
  sendUnixDatagram(address: string, message: Uint8Array): boolean
}

export interface NetlinkOptions {
  readonly groups?: number
  /** Bytes asked for; more than net.core.rmem_max only with CAP_NET_ADMIN (SO_RCVBUFFORCE). */
  readonly receiveBuffer?: number
}

/** Each call throws a `NativeFault`; ENOBUFS from `receive` says that messages were lost, and the next call goes on. */
export interface NetlinkSocket {
  send(message: Uint8Array): void
  /** One datagram into `into`: its bytes, 0 when nothing is there. Never waits. Only what the kernel itself sent counts. */
  receive(into: Uint8Array): number
  addMembership(group: number): void
  /** Classic BPF (socket(7), SO_ATTACH_FILTER), struct sock_filter entries in host order; false when refused. */
  attachFilter(program: Uint8Array): boolean
  close(): void
}

/** How a failed system call is thrown. */
export interface NativeFault extends Error {
  readonly syscall: string
  /** The number's name: `EPERM`, `ENOBUFS`. */
  readonly errno: string
}
