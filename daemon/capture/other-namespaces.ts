/** Sockets of watched processes that live in another network namespace, which neither ss nor lsof shows. */
import { readlinkSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { endianness } from 'node:os'
import { join } from 'node:path'
import { isOutOfFiles, outOfFiles } from '../../shared/errors.ts'
import type { Protocol, SocketRow, WatchedProcess } from '../../shared/model/observation.ts'
import { isDenied } from './descriptors.ts'
import { parseProcNet } from './proc-net.ts'

export interface NamespaceRows {
  readonly netns: string
  readonly complete: boolean
  readonly rows: readonly SocketRow[]
}

export interface OtherNamespaces {
  readonly namespaces: readonly NamespaceRows[]
  /** True when a namespace with living processes could not be read. */
  readonly unreadable: boolean
}

const FILES: readonly (readonly [name: string, protocol: Protocol])[] = [
  ['tcp', 'tcp'],
  ['tcp6', 'tcp'],
  ['udp', 'udp'],
  ['udp6', 'udp'],
]
/** About 100,000 sockets. */
const MAX_BYTES = 16 * 1024 * 1024
/** A namespace is made by an unprivileged call, so their number is bounded too. */
const MAX_NAMESPACES = 64
const LITTLE_ENDIAN = endianness() === 'LE'

/** Our own network namespace as `net:[inode]`; null where the kernel does not tell. */
export function ownNetns(procRoot: string): string | null {
  return netnsOf(procRoot, 'self')
}

function netnsOf(procRoot: string, pid: number | 'self'): string | null {
  try {
    return readlinkSync(join(procRoot, String(pid), 'ns', 'net'))
  } catch {
    return null
  }
}

export interface OtherNamespacesReader {
  /** Reads each foreign namespace once, through any of the watched processes in it. */
  read(own: string | null, watched: readonly WatchedProcess[]): Promise<OtherNamespaces>
}

export function createOtherNamespaces(procRoot: string): OtherNamespacesReader {
  let before: ReadonlySet<string> = new Set()
  return {
    read: async (own, watched) => {
      const doors = doorsOf(own, watched)
      const read = await readDoors(procRoot, doors)
      const now = new Set(read.namespaces.map(({ netns }) => netns))
      // The last watched process of a namespace is gone, so its sockets are: said once, as an empty list.
      const ended = [...before].filter((netns) => !now.has(netns) && !read.denied.has(netns))
      before = now
      return {
        namespaces: [
          ...read.namespaces,
          ...ended.map((netns) => ({ netns, complete: true, rows: [] })),
        ],
        unreadable: read.denied.size > 0 || doors.size > MAX_NAMESPACES,
      }
    },
  }
}

/** Namespaces other than ours, each with the processes through which it can be read. */
function doorsOf(
  own: string | null,
  watched: readonly WatchedProcess[],
): ReadonlyMap<string, readonly number[]> {
  const doors = new Map<string, number[]>()
  for (const { netns, pid } of watched) {
    if (netns === null || own === null || netns === own) continue
    const pids = doors.get(netns)
    if (pids === undefined) doors.set(netns, [pid])
    else pids.push(pid)
  }
  return doors
}

async function readDoors(
  procRoot: string,
  doors: ReadonlyMap<string, readonly number[]>,
): Promise<{ namespaces: readonly NamespaceRows[]; denied: ReadonlySet<string> }> {
  const namespaces: NamespaceRows[] = []
  const denied = new Set<string>()
  for (const [netns, pids] of [...doors].slice(0, MAX_NAMESPACES)) {
    const read = await readThroughAny(procRoot, netns, pids)
    if (read === 'unreadable') denied.add(netns)
    else if (read !== 'gone') namespaces.push(read)
  }
  return { namespaces, denied }
}

async function readThroughAny(
  procRoot: string,
  netns: string,
  pids: readonly number[],
): Promise<NamespaceRows | 'unreadable' | 'gone'> {
  let denied = false
  for (const pid of pids) {
    // The process may have moved since it was listed: its rows would get the wrong namespace.
    const now = netnsOf(procRoot, pid)
    if (now !== null && now !== netns) continue
    try {
      return { netns, ...(await readFiles(join(procRoot, String(pid), 'net'))) }
    } catch (error) {
      if (isOutOfFiles(error)) throw outOfFiles(error)
      if (isDenied(error)) denied = true
    }
  }
  return denied ? 'unreadable' : 'gone'
}

async function readFiles(
  folder: string,
): Promise<{ readonly complete: boolean; readonly rows: readonly SocketRow[] }> {
  const rows: SocketRow[] = []
  let complete = true
  for (const [name, protocol] of FILES) {
    const file = await readCapped(join(folder, name), name.endsWith('6'))
    const parsed = parseProcNet(file.text, protocol, LITTLE_ENDIAN)
    rows.push(...parsed.rows)
    if (file.truncated || parsed.skipped > parsed.rows.length) complete = false
  }
  return { complete, rows }
}

/** Files of /proc tell no size. Without IPv6 in the kernel the files for it are not there, which is no failure. */
async function readCapped(
  path: string,
  optional: boolean,
): Promise<{ readonly text: string; readonly truncated: boolean }> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    if (optional && (error as NodeJS.ErrnoException).code === 'ENOENT') {
      return { text: '', truncated: false }
    }
    throw error
  }
  try {
    const chunks: Buffer[] = []
    let total = 0
    while (total < MAX_BYTES) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(65_536), 0, 65_536)
      if (bytesRead === 0)
        return { text: Buffer.concat(chunks).toString('latin1'), truncated: false }
      chunks.push(buffer.subarray(0, bytesRead))
      total += bytesRead
    }
    return { text: Buffer.concat(chunks).toString('latin1'), truncated: true }
  } finally {
    await file.close()
  }
}
