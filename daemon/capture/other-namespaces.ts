/** Sockets of watched processes that live in another network namespace, which neither ss nor lsof shows. */
import { readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { isOutOfFiles, outOfFiles } from '../../shared/errors.ts'
import { isContainerNetns } from '../../shared/model/container.ts'
import type { SocketRow, WatchedProcess } from '../../shared/model/observation.ts'
import { isDenied } from './descriptors.ts'
import { placeOf, readProcNet } from './proc-net-files.ts'

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

/** A namespace is made by an unprivileged call, so their number is bounded too. */
const MAX_NAMESPACES = 64

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

type Doors = ReadonlyMap<string, readonly WatchedProcess[]>

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
function doorsOf(own: string | null, watched: readonly WatchedProcess[]): Doors {
  const doors = new Map<string, WatchedProcess[]>()
  for (const process of watched) {
    const { netns } = process
    if (netns === null || own === null || netns === own) continue
    const others = doors.get(netns)
    if (others === undefined) doors.set(netns, [process])
    else others.push(process)
  }
  return doors
}

async function readDoors(
  procRoot: string,
  doors: Doors,
): Promise<{ namespaces: readonly NamespaceRows[]; denied: ReadonlySet<string> }> {
  const namespaces: NamespaceRows[] = []
  const denied = new Set<string>()
  for (const [netns, processes] of [...doors].slice(0, MAX_NAMESPACES)) {
    const read = await readThroughAny(procRoot, netns, processes)
    if (read === 'unreadable') denied.add(netns)
    else if (read !== 'gone') namespaces.push(read)
  }
  return { namespaces, denied }
}

async function readThroughAny(
  procRoot: string,
  netns: string,
  processes: readonly WatchedProcess[],
): Promise<NamespaceRows | 'unreadable' | 'gone'> {
  let denied = false
  for (const process of processes) {
    try {
      // It may end or move while its files are opened: their rows would get the wrong namespace.
      const isStill = (): boolean => isThere(procRoot, netns, process)
      const read = await readProcNet(procRoot, process.pid, isStill)
      if (read === null) continue
      // Everybody's sockets would be told as one container's.
      if (isContainerNetns(netns) && isOurs(procRoot, read.place)) denied = true
      else return { netns, complete: read.complete, rows: read.rows }
    } catch (error) {
      if (isOutOfFiles(error)) throw outOfFiles(error)
      if (isDenied(error)) denied = true
    }
  }
  return denied ? 'unreadable' : 'gone'
}

/** Where its namespace is not told (ptrace(2) access is refused), it has to be the same process at least. */
function isThere(procRoot: string, netns: string, process: WatchedProcess): boolean {
  const now = netnsOf(procRoot, process.pid)
  return now === null ? isSameProcess(procRoot, process) : now === netns
}

function isOurs(procRoot: string, place: number): boolean {
  const own = placeOf(procRoot, 'self')
  return own === null || own === place
}

/** By its start, field 22 of /proc/PID/stat, which is a part of its key. */
function isSameProcess(procRoot: string, { key, pid }: WatchedProcess): boolean {
  try {
    const stat = readFileSync(join(procRoot, String(pid), 'stat'), 'latin1')
    const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return startTicks !== undefined && key.split(':').at(-2) === startTicks
  } catch {
    return false
  }
}
