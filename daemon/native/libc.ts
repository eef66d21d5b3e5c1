/** The C library's functions, declared for koffi: the one place that knows their signatures. */
import { constants } from 'node:os'
import type { LibraryHandle } from 'koffi'
import { errnoName } from './errno.ts'
import { nativeFault } from './native.ts'

/** The part of koffi that is used. */
export type Koffi = Pick<
  typeof import('koffi'),
  'load' | 'errno' | 'sizeof' | 'alloc' | 'free' | 'view' | 'address'
>

/** Of one type for all functions, so that a missing one is found when the library is loaded. */
type Call = (...args: readonly (number | bigint | string | NodeJS.TypedArray | null)[]) => number

export interface Libc {
  readonly clockGettime: Call
  readonly socket: Call
  readonly bind: Call
  readonly setsockopt: Call
  readonly getsockopt: Call
  readonly sendto: Call
  readonly recvfrom: Call
  readonly close: Call
  readonly setns: Call
  /** For calls that the library has no function for: the number and five arguments. */
  readonly syscall: Call
  readonly eventfd: Call
  readonly eventfdWrite: Call
  readonly prlimit: Call
  readonly sysconf: Call
  /** Addresses as numbers. */
  readonly mmap: Call
  /** poll(2) on a thread of libuv's pool; of its errno nothing is known. */
  readonly pollLater: (
    polled: unknown,
    count: number,
    timeoutMs: number,
    done: (error: unknown, result: number) => void,
  ) => void
  readonly ifIndexToName: (index: number, into: Uint8Array) => unknown
  readonly koffi: Koffi
}

/** Throws when the library lacks one of the functions, or when this machine's words are not what is read here. */
export function declareLibc(library: LibraryHandle, koffi: Koffi): Libc {
  // ssize_t and socklen_t pass as the types they are on every 64-bit Linux.
  if (koffi.sizeof('long') !== 8) throw new Error('only 64-bit systems are known')
  const call = (name: string, args: string[], result = 'int'): Call =>
    library.func(name, result, args) as unknown as Call
  const socketCall = ['int', 'void *', 'size_t', 'int', 'void *']
  return {
    clockGettime: call('clock_gettime', ['int', 'void *']),
    socket: call('socket', ['int', 'int', 'int']),
    bind: call('bind', ['int', 'void *', 'uint32_t']),
    setsockopt: call('setsockopt', ['int', 'int', 'int', 'void *', 'uint32_t']),
    getsockopt: call('getsockopt', ['int', 'int', 'int', 'void *', 'void *']),
    sendto: call('sendto', [...socketCall, 'uint32_t'], 'int64_t'),
    recvfrom: call('recvfrom', [...socketCall, 'void *'], 'int64_t'),
    close: call('close', ['int']),
    setns: call('setns', ['int', 'int']),
    syscall: call('syscall', ['long', 'long', 'long', 'long', 'long', 'long'], 'long'),
    eventfd: call('eventfd', ['uint32_t', 'int']),
    eventfdWrite: call('eventfd_write', ['int', 'uint64_t']),
    prlimit: call('prlimit', ['int', 'int', 'void *', 'void *']),
    sysconf: call('sysconf', ['int'], 'long'),
    mmap: call('mmap', ['long', 'size_t', 'int', 'int', 'int', 'long'], 'long'),
    pollLater: library.func('poll', 'int', ['void *', 'unsigned long', 'int']).async,
    ifIndexToName: call('if_indextoname', ['uint32_t', 'void *'], 'void *'),
    koffi,
  }
}

/** Runs a call until no signal interrupts it. Throws a `NativeFault` when it fails otherwise. */
export function checked(libc: Libc, syscall: string, run: () => number): number {
  for (;;) {
    const result = run()
    if (result >= 0) return result
    const errno = libc.koffi.errno()
    if (errno !== constants.errno.EINTR) throw nativeFault(syscall, errnoName(errno))
  }
}
