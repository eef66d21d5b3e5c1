/**
 * What may be asked of bpf(2) and of the ring its programs write. Descriptors are plain numbers, closed on exec, to be
 * given back by `close`. Every call throws a `NativeFault`; one of a program that was not loaded has the verifier's log.
 */

/** linux/bpf.h, enum bpf_map_type. */
export const MAP_TYPE = { array: 2, lruHash: 9, ring: 27 } as const

export interface MapShape {
  /** At most 15 characters of `[A-Za-z0-9_.]`. */
  readonly name: string
  readonly type: number
  readonly keyBytes: number
  readonly valueBytes: number
  /** Of a ring its size in bytes: a power of two and of pages. */
  readonly entries: number
}

export interface ProgramImage {
  readonly name: string
  /** linux/bpf.h, enum bpf_prog_type. */
  readonly type: number
  /** linux/bpf.h, enum bpf_attach_type. */
  readonly attachType: number
  /** struct bpf_insn entries; maps by descriptor. */
  readonly instructions: Uint8Array
  readonly license: string
}

export interface Bpf {
  createMap(shape: MapShape): number
  loadProgram(image: ProgramImage): number
  /** Runs it for every process below the cgroup (BPF_LINK_CREATE); over when the descriptor is closed. */
  attachToCgroup(program: number, cgroup: number, attachType: number): number
  /** Entry 0 of an array of 64-bit counts. Exact to 2^53. */
  readCount(map: number): number
  /** `bytes`: the ring's `entries`. */
  mapRing(ring: number, bytes: number): RingMapping
  openWait(ring: number): RingWait
  /** Kernels before 5.11 count maps and programs as locked memory (RLIMIT_MEMLOCK). False when it was not raised. */
  raiseLockedMemory(): boolean
  /** A folder, to be attached to. */
  openFolder(path: string): number
  close(fd: number): void
}

/**
 * The ring's memory, shared with the kernel (bpf-ringbuf). Words and positions change at any time and are to be read by
 * `Atomics`. After `close` all of it reads as 0.
 */
export interface RingMapping {
  /** The data, twice one after the other, so that no record is cut in two. NEVER written: that ends the process. */
  readonly data: Uint32Array
  /** Bytes written since the ring was made, low word first. NEVER written. */
  readonly produced: Uint32Array
  /** Bytes read since then; one entry, ours to write. */
  readonly consumed: BigUint64Array
  /** Can be repeated. */
  close(): void
}

export interface RingWait {
  /**
   * Resolves when the ring holds something, after `timeoutMs`, or once `end` was called; true in the first case. One at
   * a time: a thread of libuv's pool waits meanwhile.
   */
  wait(timeoutMs: number): Promise<boolean>
  /** Whoever waits, now or later, returns at once. */
  end(): void
  /** Not while somebody waits. Can be repeated. */
  close(): void
}

/** A `NativeFault` of a program. */
export interface ProgramFault extends Error {
  readonly syscall: string
  readonly errno: string
  /** What the verifier said, its end; empty when it said nothing. */
  readonly log: string
}

export function isProgramFault(error: unknown): error is ProgramFault {
  return error instanceof Error && 'syscall' in error && 'log' in error
}
