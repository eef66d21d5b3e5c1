/** What is said to bpf(2), with the kernel's part played: a libc that keeps the attributes it is given. */
import { constants } from 'node:os'
import { expect, it } from 'vitest'
import { type Bpf, isProgramFault, MAP_TYPE } from '../../../daemon/native/bpf.ts'
import { createBpf } from '../../../daemon/native/bpf-calls.ts'
import type { Libc } from '../../../daemon/native/libc.ts'
import { isNativeFault } from '../../../daemon/native/native.ts'

const { EPERM, EINTR, EAGAIN, EINVAL } = constants.errno
const ATTRIBUTES = 72

interface Called {
  readonly number: number
  readonly command: number
  readonly attributes: DataView
  /** What lies at an address that was given. */
  at(offset: number, length: number): Buffer
}

interface Played {
  readonly bpf: Bpf
  readonly calls: Called[]
  /** Blocks of memory that were not freed. */
  readonly kept: Map<bigint, Uint8Array>
  readonly limits: [number, bigint, bigint][]
}

type Answer = number | { readonly errno: number }

function play(
  answer: (called: Called, index: number) => Answer,
  limit = { soft: 1n, hard: 1n },
): Played {
  const kept = new Map<bigint, Uint8Array>()
  const calls: Called[] = []
  const limits: Played['limits'] = []
  let [errno, next] = [0, 0x10000n]
  const find = (address: bigint, length: number): Buffer => {
    for (const [start, block] of kept) {
      const offset = Number(address - start)
      if (offset >= 0 && offset + length <= block.length) {
        return Buffer.from(block.buffer, offset, length)
      }
    }
    throw new Error('an address outside of all memory')
  }
  const libc = {
    syscall: (number: number, command: number, address: number, length: number) => {
      expect(length).toBe(ATTRIBUTES)
      const bytes = find(BigInt(address), length)
      const attributes = new DataView(Uint8Array.from(bytes).buffer)
      const at = (offset: number, size: number): Buffer =>
        find(attributes.getBigUint64(offset, true), size)
      const called = { number, command, attributes, at }
      calls.push(called)
      const result = answer(called, calls.length - 1)
      if (typeof result === 'number') return result
      errno = result.errno
      return -1
    },
    prlimit: (
      pid: number,
      kind: number,
      set: BigUint64Array | null,
      got: BigUint64Array | null,
    ) => {
      expect([pid, kind]).toEqual([0, 8])
      if (got !== null) got.set([limit.soft, limit.hard])
      if (set === null) return 0
      const [soft = 0n, hard = 0n] = set
      limits.push([limits.length, soft, hard])
      return hard <= limit.hard ? 0 : -1
    },
    koffi: {
      errno: () => errno,
      alloc: (_type: string, length: number) => {
        next += 0x400000n
        kept.set(next, new Uint8Array(length).fill(0xaa))
        return next
      },
      view: (pointer: bigint) => kept.get(pointer)?.buffer,
      address: (pointer: bigint) => pointer,
      free: (pointer: bigint) => {
        if (!kept.delete(pointer)) throw new Error('freed twice')
      },
    },
  } as unknown as Libc
  const bpf = createBpf(libc, 'x64')
  if (bpf === null) throw new Error('x64 is known')
  return { bpf, calls, kept, limits }
}

const IMAGE = {
  name: 'a_name_that_is_too_long',
  type: 18,
  attachType: 10,
  instructions: Uint8Array.from({ length: 16 }, (_, index) => index),
  license: 'Dual MIT/GPL',
}

const text = (bytes: DataView, offset: number, length: number): string =>
  Buffer.from(bytes.buffer, offset, length).toString('latin1')

it('knows the call’s number on the machines that are served', () => {
  const libc = {} as Libc
  expect(createBpf(libc, 'x64')).not.toBeNull()
  expect(createBpf(libc, 'arm64')).not.toBeNull()
  expect(createBpf(libc, 'riscv64')).toBeNull()
})

it('makes a map of the shape that was asked for', () => {
  const { bpf, calls, kept } = play(() => 9)
  const shape = {
    name: 'mcpw_flows',
    type: MAP_TYPE.lruHash,
    keyBytes: 32,
    valueBytes: 48,
    entries: 7,
  }
  expect(bpf.createMap(shape)).toBe(9)
  const { number, command, attributes } = calls[0] as Called
  expect([number, command]).toEqual([321, 0])
  expect([0, 4, 8, 12, 16, 20].map((at) => attributes.getUint32(at, true))).toEqual([
    9, 32, 48, 7, 0, 0,
  ])
  expect(text(attributes, 28, 16)).toBe(`mcpw_flows${'\0'.repeat(6)}`)
  expect(kept.size).toBe(0)
})

it('loads a program without asking for a log', () => {
  const { bpf, calls, kept } = play((called) => {
    expect(called.at(8, 16)).toEqual(Buffer.from(IMAGE.instructions))
    expect(called.at(16, 13).toString('latin1')).toBe('Dual MIT/GPL\0')
    return 11
  })
  expect(bpf.loadProgram(IMAGE)).toBe(11)
  const { command, attributes } = calls[0] as Called
  expect([command, calls.length]).toEqual([5, 1])
  expect([0, 4, 24, 28, 68].map((at) => attributes.getUint32(at, true))).toEqual([18, 2, 0, 0, 10])
  // Cut, with a zero byte at its end.
  expect(text(attributes, 48, 16)).toBe('a_name_that_is_\0')
  expect(kept.size).toBe(0)
})

it('asks for the log of a program that was refused, and keeps its end', () => {
  const words = `${'x'.repeat(9_000)}the end`
  const { bpf, calls, kept } = play((called) => {
    if (called.attributes.getUint32(24, true) === 0) return { errno: EPERM }
    const size = called.attributes.getUint32(28, true)
    called.at(32, size).write(words)
    return { errno: EINVAL }
  })
  let fault: unknown = null
  try {
    bpf.loadProgram(IMAGE)
  } catch (error) {
    fault = error
  }
  // The first errno counts: the second may be of the log itself.
  expect(isNativeFault(fault) && fault.errno).toBe('EPERM')
  expect(isProgramFault(fault) && fault.log).toBe(words.slice(-4_000))
  expect([calls.length, kept.size]).toEqual([2, 0])
})

it('takes a program that is accepted the second time', () => {
  const { bpf, calls } = play((_called, index) => (index === 0 ? { errno: EPERM } : 12))
  expect([bpf.loadProgram(IMAGE), calls.length]).toEqual([12, 2])
})

it('goes on after a signal, but not for ever', () => {
  const patient = play((_called, index) => (index < 3 ? { errno: EAGAIN } : 13))
  expect([patient.bpf.loadProgram(IMAGE), patient.calls.length]).toEqual([13, 4])
  const never = play(() => ({ errno: EAGAIN }))
  expect(() => never.bpf.loadProgram(IMAGE)).toThrow('EAGAIN')
  expect(never.calls.length).toBe(10)
  const interrupted = play((_called, index) => (index < 3 ? { errno: EINTR } : 14))
  expect(interrupted.bpf.attachToCgroup(1, 2, 3)).toBe(14)
})

it('attaches a program to a cgroup', () => {
  const { bpf, calls } = play(() => 15)
  expect(bpf.attachToCgroup(5, 6, 34)).toBe(15)
  const { command, attributes } = calls[0] as Called
  expect(command).toBe(28)
  expect([0, 4, 8, 12].map((at) => attributes.getUint32(at, true))).toEqual([5, 6, 34, 0])
})

it('reads the first count of an array', () => {
  const { bpf, calls } = play((called) => {
    expect(called.at(8, 4).readUInt32LE()).toBe(0)
    called.at(16, 8).writeBigUInt64LE(2n ** 40n + 7n)
    return 0
  })
  expect(bpf.readCount(8)).toBe(2 ** 40 + 7)
  expect(calls[0]?.attributes.getUint32(0, true)).toBe(8)
})

it('says what failed by name, and frees what it took', () => {
  const { bpf, kept } = play(() => ({ errno: EPERM }))
  expect(() => bpf.readCount(8)).toThrow('bpf(BPF_MAP_LOOKUP_ELEM): EPERM')
  expect(() => bpf.attachToCgroup(1, 2, 3)).toThrow('bpf(BPF_LINK_CREATE): EPERM')
  expect(kept.size).toBe(0)
})

it('raises the limit of locked memory as far as it may', () => {
  const MAX = 2n ** 64n - 1n
  const free = play(() => 0, { soft: 1n, hard: MAX })
  expect([free.bpf.raiseLockedMemory(), free.limits]).toEqual([true, [[0, MAX, MAX]]])
  const bound = play(() => 0, { soft: 64n, hard: 4096n })
  expect([bound.bpf.raiseLockedMemory(), bound.limits[1]]).toEqual([true, [1, 4096n, 4096n]])
  const full = play(() => 0, { soft: 4096n, hard: 4096n })
  expect(full.bpf.raiseLockedMemory()).toBe(false)
})
