/** What the rest of the daemon may ask of system calls that Node does not offer. Filled by load.ts; tests pass fakes. */

import type { Bpf } from './bpf.ts'

export interface Native {
  /** Null on a machine whose system call's number is not known. */
  readonly bpf: Bpf | null
  /**
   * CPU time of any process in ns, all its threads, whoever it belongs to; null when it is gone or may not be read.
   * clock_getcpuclockid(3): the clock's id is `((~pid) << 3) | 2`. A number can be another process' a moment later.
   */
  cpuTimeNs(pid: number): number | null
  /** A raw netlink socket (netlink(7)), bound to `groups`, closed on exec. Throws a `NativeFault`. */
  netlink(protocol: number, options?: NetlinkOptions): NetlinkSocket
  /**
   * Runs `make` with this thread in another network namespace (setns(2)); `make` must be synchronous. Throws a
   * `NativeFault` when it may not be entered, and what `make` throws once it is back. Should coming back ever fail the
   * process is ended: whatever it did from there on would be about another network.
   */
  inNetns<T>(path: string, make: () => T): T
  /** Whether two threads have one table of descriptors, kcmp(2); null when the kernel does not say. */
  sharesTable(thread: number, other: number): boolean | null
  /** Name of a network interface in this thread's namespace, if_indextoname(3); null when there is none. */
  interfaceName(index: number): string | null
  /** Sends one datagram to a Unix socket; `@` begins an abstract name. False when nobody took it. Never waits. */
  sendUnixDatagram(address: string, message: Uint8Array): boolean
  /**
   * Who connected, of a Unix stream socket by its descriptor (SO_PEERCRED): noted by the kernel at that moment, so that
   * the process may be gone and its number another's. pid 0 where our pid namespace does not show it. Throws a
   * `NativeFault`, EINVAL for what has no such peer.
   */
  peerCredentials(fd: number): PeerCredentials
}

export interface PeerCredentials {
  readonly pid: number
  readonly uid: number
  readonly gid: number
}

export interface NetlinkOptions {
  /** A mask of the first 32 groups; any other is joined by `addMembership`. */
  readonly groups?: number
  /** Bytes asked for; more than net.core.rmem_max only with CAP_NET_ADMIN (SO_RCVBUFFORCE). */
  readonly receiveBuffer?: number
}

/** Each call throws a `NativeFault`; ENOBUFS from `receive` says that messages were lost, and the next call goes on. */
export interface NetlinkSocket {
  /** To the kernel, as one datagram, complete with its message headers. */
  send(message: Uint8Array): void
  /**
   * One datagram into `into`: its bytes, 0 when nothing is there, more than `into` has when it was cut to fit. Never
   * waits. Only what the kernel itself sent counts.
   */
  receive(into: Uint8Array): number
  addMembership(group: number): void
  /** Classic BPF (socket(7), SO_ATTACH_FILTER), struct sock_filter entries in host order; false when refused. */
  attachFilter(program: Uint8Array): boolean
  /** Can be repeated; the other calls fail with EBADF from then on. */
  close(): void
}

/** How a failed system call is thrown. */
export interface NativeFault extends Error {
  readonly syscall: string
  /** The number's name: `EPERM`, `ENOBUFS`. */
  readonly errno: string
}

export function nativeFault(syscall: string, errno: string): NativeFault {
  return Object.assign(new Error(`${syscall}: ${errno}`), { name: 'NativeFault', syscall, errno })
}

export function isNativeFault(error: unknown): error is NativeFault {
  return error instanceof Error && 'syscall' in error && 'errno' in error
}
