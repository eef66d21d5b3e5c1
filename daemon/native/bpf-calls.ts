/** bpf(2): maps, programs and links. */
import { closeSync, constants as files, openSync } from 'node:fs'
import { arch } from 'node:os'
import type { Bpf, MapShape, ProgramFault, ProgramImage } from './bpf.ts'
import { checked, type Libc } from './libc.ts'
import { type Memory, withMemory } from './memory.ts'
import { isNativeFault, nativeFault } from './native.ts'
import { mapRing } from './ring-mapping.ts'
import { openRingWait } from './ring-wait.ts'

/** libc has no function of that name. */
const BPF: Readonly<Record<string, number>> = { x64: 321, arm64: 280 }
const COMMAND = { MAP_CREATE: 0, MAP_LOOKUP_ELEM: 1, PROG_LOAD: 5, LINK_CREATE: 28 } as const
/** Of union bpf_attr as far as it is used; the kernel takes the rest for 0. */
const ATTRIBUTE_BYTES = 72
/** With the zero byte at the end. */
const NAME_BYTES = 16
const INSTRUCTION_BYTES = 8
/** Old kernels keep the log's begin where it is too long, and its end is what matters. */
const LOG_BYTES = 1024 * 1024
const LOG_KEPT = 4_000
/** The verifier gives up when a signal comes. */
const INTERRUPTED_TRIES = 5
const RLIMIT_MEMLOCK = 8

/** `memory` begins with the attributes. */
type Call = (command: keyof typeof COMMAND, memory: Memory) => number

/** Null on a machine whose number of the call is not known. */
export function createBpf(libc: Libc, machine: string = arch()): Bpf | null {
  const number = BPF[machine]
  if (number === undefined) return null
  const call: Call = (command, { address }) =>
    checked(libc, `bpf(BPF_${command})`, () =>
      libc.syscall(number, COMMAND[command], address, ATTRIBUTE_BYTES, 0, 0),
    )
  return {
    createMap: (shape) => createMap(libc, call, shape),
    loadProgram: (image) => loadProgram(libc, call, image),
    attachToCgroup: (program, cgroup, attachType) =>
      withMemory(libc, ATTRIBUTE_BYTES, (memory) => {
        setWords(memory, { 0: program, 4: cgroup, 8: attachType })
        return call('LINK_CREATE', memory)
      }),
    readCount: (map) => readCount(libc, call, map),
    mapRing: (ring, bytes) => mapRing(libc, ring, bytes),
    openWait: (ring) => openRingWait(libc, ring),
    raiseLockedMemory: () => raiseLockedMemory(libc),
    openFolder,
    close: (fd) => closeSync(fd),
  }
}

function setWords({ view }: Memory, words: Readonly<Record<number, number>>): void {
  for (const [offset, word] of Object.entries(words)) view.setUint32(Number(offset), word, true)
}

function setAddress({ view, address }: Memory, offset: number, target: number): void {
  view.setBigUint64(offset, BigInt(address + target), true)
}

function setName({ bytes }: Memory, offset: number, name: string): void {
  bytes.set(Buffer.from(name.slice(0, NAME_BYTES - 1), 'latin1'), offset)
}

function createMap(libc: Libc, call: Call, shape: MapShape): number {
  return withMemory(libc, ATTRIBUTE_BYTES, (memory) => {
    const { type, keyBytes, valueBytes, entries } = shape
    setWords(memory, { 0: type, 4: keyBytes, 8: valueBytes, 12: entries })
    setName(memory, 28, shape.name)
    return call('MAP_CREATE', memory)
  })
}

/** The log is asked for only when it is needed: it costs more than the loading. */
function loadProgram(libc: Libc, call: Call, image: ProgramImage): number {
  try {
    return tryLoad(libc, call, image, 0)
  } catch (fault) {
    if (!isNativeFault(fault)) throw fault
    let log = ''
    try {
      return tryLoad(libc, call, image, LOG_BYTES, (text) => {
        log = text
      })
    } catch {
      throw Object.assign(fault, { log } satisfies Partial<ProgramFault>)
    }
  }
}

function tryLoad(
  libc: Libc,
  call: Call,
  { name, type, attachType, instructions, license }: ProgramImage,
  logBytes: number,
  hear?: (log: string) => void,
): number {
  const code = ATTRIBUTE_BYTES
  const words = code + instructions.length
  const log = words + license.length + 1
  return withMemory(libc, log + logBytes, (memory) => {
    const { bytes } = memory
    const count = instructions.length / INSTRUCTION_BYTES
    setWords(memory, { 0: type, 4: count, 68: attachType })
    setName(memory, 48, name)
    bytes.set(instructions, code)
    setAddress(memory, 8, code)
    bytes.set(Buffer.from(license, 'latin1'), words)
    setAddress(memory, 16, words)
    if (logBytes > 0) {
      setWords(memory, { 24: 1, 28: logBytes })
      setAddress(memory, 32, log)
    }
    try {
      return persist(() => call('PROG_LOAD', memory))
    } finally {
      const said = bytes.subarray(log)
      const end = said.indexOf(0)
      hear?.(Buffer.from(said.subarray(Math.max(0, end - LOG_KEPT), Math.max(0, end))).toString())
    }
  })
}

function persist(run: () => number): number {
  for (let left = INTERRUPTED_TRIES; ; left -= 1) {
    try {
      return run()
    } catch (fault) {
      if (left <= 1 || !isNativeFault(fault) || fault.errno !== 'EAGAIN') throw fault
    }
  }
}

function readCount(libc: Libc, call: Call, map: number): number {
  const [key, value] = [ATTRIBUTE_BYTES, ATTRIBUTE_BYTES + 8]
  return withMemory(libc, ATTRIBUTE_BYTES + 16, (memory) => {
    setWords(memory, { 0: map })
    setAddress(memory, 8, key)
    setAddress(memory, 16, value)
    call('MAP_LOOKUP_ELEM', memory)
    return Number(memory.view.getBigUint64(value, true))
  })
}

/** Without limit for who may (CAP_SYS_RESOURCE), else up to what is allowed. */
function raiseLockedMemory(libc: Libc): boolean {
  const limits = new BigUint64Array(2)
  const set = (): boolean => libc.prlimit(0, RLIMIT_MEMLOCK, limits, null) === 0
  limits.fill(2n ** 64n - 1n)
  if (set()) return true
  if (libc.prlimit(0, RLIMIT_MEMLOCK, null, limits) !== 0) return false
  const [soft = 0n, hard = 0n] = limits
  limits[0] = hard
  return soft < hard && set()
}

function openFolder(path: string): number {
  try {
    return openSync(path, files.O_RDONLY | files.O_DIRECTORY)
  } catch (error) {
    throw nativeFault('open', (error as NodeJS.ErrnoException).code ?? 'EIO')
  }
}
