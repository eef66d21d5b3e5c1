/**
 * How one record of the kernel's programs is laid out: 32 words of 32 bits in host order, 64 bit fields low word first.
 * The same as `struct record` in daemon/capture/bpf/record.h; a test compares the two.
 */

export const RECORD_WORDS = 32
export const RECORD_BYTES = RECORD_WORDS * 4

/** What happened; see `SocketEvent`. 0 is never written. */
export const RECORD_KIND = {
  connect: 1,
  send: 2,
  connecting: 3,
  established: 4,
  halfClosed: 5,
  retried: 6,
  closed: 7,
  released: 8,
  datagram: 9,
  rawSocket: 10,
} as const

/** Offsets in words. `byte` fields lie in the word of `family`, from its lowest byte on. */
export const WORD = {
  kind: 0,
  /** Process (tgid), as the first namespace counts; 0 where the kernel does not tell who caused the event. */
  pid: 1,
  /** 64 bits: ns of CLOCK_MONOTONIC. */
  at: 2,
  /** 64 bits: the socket's cookie, never given anew while the machine runs. */
  cookie: 4,
  /** 64 bits: cookie of the network namespace; 0 where the kernel does not tell. */
  netnsCookie: 6,
  /** 64 bits: id of the cgroup v2 of who caused it; 0 where not told. */
  cgroupId: 8,
  uid: 10,
  tid: 11,
  /** Bytes: family (AF_INET 2, AF_INET6 10), protocol (IPPROTO_TCP 6, IPPROTO_UDP 17), socket type, TCP state. */
  family: 12,
  /** Two 16 bit numbers in host order: local port, remote port. */
  ports: 13,
  /** 16 bytes, as they are on the wire; IPv4 in the first four. */
  local: 14,
  remote: 18,
  /** 64 bits each: bytes that the other end has acknowledged (tcp_info, bytes_acked), or payload bytes of datagrams. */
  sent: 22,
  received: 24,
  /**
   * How many datagrams; of `closed`: bit 0, all that was sent is acknowledged; bit 1, it was connected actively; of
   * `retried`: bit 0, the kernel gave up.
   */
  count: 26,
  /** Not used; 0. */
  spare: 27,
  /** 16 bytes: the thread's short name, cut by a zero byte. */
  comm: 28,
} as const
