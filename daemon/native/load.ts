/** Loads koffi and the C library when they are wanted first, so that a machine without them still runs. */
import { arch, endianness, platform } from 'node:os'
import { createBpf } from './bpf-calls.ts'
import { createCpuClock } from './cpu-clock.ts'
import { declareLibc, type Koffi, type Libc } from './libc.ts'
import type { Native } from './native.ts'
import { openNetlink } from './netlink-socket.ts'
import { createInNetns } from './netns.ts'
import { createPeerCredentials } from './peer-credentials.ts'
import { createSharesTable } from './shared-table.ts'
import { createSendUnixDatagram } from './unix-datagram.ts'

export type Loaded =
  | { readonly ok: true; readonly native: Native }
  | {
      readonly ok: false
      readonly reason: 'not-linux' | 'koffi-missing' | 'libc-unsupported'
      readonly cause: unknown
    }

export interface LoadOptions {
  readonly platform?: string
  /** Default imports the package. */
  readonly loadKoffi?: () => Promise<Koffi>
  /** Names of the library, the first that has all functions counts; null is what this process already uses. */
  readonly libraries?: readonly (string | null)[]
}

/** Never rejects. A second call loads nothing anew but makes another `Native`, with buffers of its own. */
export async function loadNative(options: LoadOptions = {}): Promise<Loaded> {
  if ((options.platform ?? platform()) !== 'linux') {
    return { ok: false, reason: 'not-linux', cause: null }
  }
  let koffi: Koffi
  try {
    koffi = await (options.loadKoffi ?? importKoffi)()
  } catch (cause) {
    return { ok: false, reason: 'koffi-missing', cause }
  }
  // Kernel messages are in host order and are read as little-endian throughout.
  if (endianness() !== 'LE') return { ok: false, reason: 'libc-unsupported', cause: endianness() }
  return loadFirst(koffi, options.libraries ?? libraryNames())
}

async function importKoffi(): Promise<Koffi> {
  return (await import('koffi')).default
}

/**
 * Node itself is linked to the library that is wanted: that one first, as a second one beside it (glibc on a system of
 * musl) would be harmful. The names are for a Node that hides it.
 */
function libraryNames(): readonly (string | null)[] {
  const machine = ({ x64: 'x86_64', arm64: 'aarch64' } as Record<string, string>)[arch()] ?? arch()
  return [null, 'libc.so.6', `libc.musl-${machine}.so.1`]
}

function loadFirst(koffi: Koffi, names: readonly (string | null)[]): Loaded {
  let cause: unknown = null
  for (const name of names) {
    try {
      return { ok: true, native: createNative(declareLibc(koffi.load(name), koffi)) }
    } catch (error) {
      cause = error
    }
  }
  return { ok: false, reason: 'libc-unsupported', cause }
}

function createNative(libc: Libc): Native {
  const name = new Uint8Array(16)
  return {
    bpf: createBpf(libc),
    cpuTimeNs: createCpuClock(libc),
    netlink: (protocol, options = {}) => openNetlink(libc, protocol, options),
    inNetns: createInNetns(libc),
    sharesTable: createSharesTable(libc),
    interfaceName: (index) => {
      // IF_NAMESIZE is 16 with the zero byte at the end.
      if (libc.ifIndexToName(index, name) === null) return null
      return Buffer.from(name.subarray(0, name.indexOf(0))).toString('latin1')
    },
    sendUnixDatagram: createSendUnixDatagram(libc),
    peerCredentials: createPeerCredentials(libc),
  }
}
