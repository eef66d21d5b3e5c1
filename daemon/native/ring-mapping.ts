/** The memory of a ring (BPF_MAP_TYPE_RINGBUF; linux, kernel/bpf/ringbuf.c), shared with the kernel. */
import type { RingMapping } from './bpf.ts'
import { checked, type Libc } from './libc.ts'

const PROT_READ = 1
const PROT_WRITE = 2
const MAP_SHARED = 1
const MAP_PRIVATE = 2
const MAP_FIXED = 0x10
const MAP_ANONYMOUS = 0x20
/** The same in glibc and musl. */
const SC_PAGESIZE = 30

/** One page with what was read, then one with what was written and the data twice. Throws a `NativeFault`. */
export function mapRing(libc: Libc, ring: number, bytes: number): RingMapping {
  const page = checked(libc, 'sysconf', () => libc.sysconf(SC_PAGESIZE))
  const consumer = openArea(libc, page, PROT_READ | PROT_WRITE, ring, 0)
  try {
    const producer = openArea(libc, page + 2 * bytes, PROT_READ, ring, page)
    return {
      data: new Uint32Array(producer.memory, page, (2 * bytes) / 4),
      produced: new Uint32Array(producer.memory, 0, 2),
      consumed: new BigUint64Array(consumer.memory, 0, 1),
      close: () => {
        consumer.close()
        producer.close()
      },
    }
  } catch (fault) {
    consumer.close()
    throw fault
  }
}

interface Area {
  readonly memory: ArrayBuffer
  close(): void
}

/**
 * Closed by putting empty memory in its place: the ring is let go of, and who still holds a view of it reads zeros
 * instead of ending the process. Only addresses are lost, no memory is taken until it is written.
 */
function openArea(libc: Libc, length: number, access: number, fd: number, offset: number): Area {
  const map = (at: number, how: number, flags: number, file: number, from: number): number =>
    checked(libc, 'mmap', () => libc.mmap(at, length, how, flags, file, from))
  const address = map(0, access, MAP_SHARED, fd, offset)
  let isOpen = true
  return {
    memory: libc.koffi.view(BigInt(address), length),
    close: () => {
      if (!isOpen) return
      const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
      map(address, PROT_READ | PROT_WRITE, flags, -1, 0)
      isOpen = false
    },
  }
}
