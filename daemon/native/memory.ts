/** Memory that the kernel reads and writes by its address while a call lasts. */
import type { Libc } from './libc.ts'

export interface Memory {
  readonly address: number
  /** All 0 at first. Not to be kept: it is freed when the call is over. */
  readonly bytes: Uint8Array
  readonly view: DataView
}

export function withMemory<T>(libc: Libc, length: number, run: (memory: Memory) => T): T {
  const { koffi } = libc
  const pointer: unknown = koffi.alloc('uint8_t', length)
  try {
    const buffer = koffi.view(pointer, length)
    const bytes = new Uint8Array(buffer).fill(0)
    // Addresses of user space are below 2^47, or 2^52 with the largest pages of arm64.
    return run({ address: Number(koffi.address(pointer)), bytes, view: new DataView(buffer) })
  } finally {
    koffi.free(pointer)
  }
}
