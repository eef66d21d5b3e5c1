/** Kept sockets into other network namespaces: entered once (setns(2)), listed from here ever after. */
import { readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { isNativeFault, type Native } from '../../native/native.ts'
import { createDestroyEvents, type DestroyEvents } from './destroy-events.ts'
import { createSockDiag, NETLINK_SOCK_DIAG, type SockDiag } from './dump.ts'
import type { Detail } from './space.ts'

/**
 * `denied`: this user may not enter (it takes CAP_SYS_ADMIN over both namespaces), or too many are open; its files in
 * /proc may still be read. `gone`: the process has ended or lives elsewhere now. `events` is null where the kernel
 * refuses them, or is not asked.
 */
export type NetnsDoor =
  | { readonly kind: 'open'; readonly diag: SockDiag; readonly events: DestroyEvents | null }
  | { readonly kind: 'denied' | 'gone' }

export interface NetnsDumps {
  /** The kept sockets of a namespace (`net:[inode]`), or new ones made through a process in it. */
  through(netns: string, pid: number): NetnsDoor
  /** Closes all others. A kept socket keeps its namespace alive, so those without a watched process must go. */
  keepOnly(netns: ReadonlySet<string>): void
  close(): void
}

/** Namespaces are made without privilege, so their number is bounded. */
const MAX_NAMESPACES = 64
/** Of the thread that asks, which is the one that has moved. */
const HERE = '/proc/thread-self/ns/net'

export function createNetnsDumps(
  native: Native,
  procRoot = '/proc',
  detail: Detail = 'all',
): NetnsDumps {
  const doors = new Map<string, Extract<NetnsDoor, { kind: 'open' }>>()
  const keepOnly = (netns: ReadonlySet<string>): void => {
    for (const [name, { diag, events }] of doors) {
      if (netns.has(name)) continue
      doors.delete(name)
      diag.close()
      events?.close()
    }
  }
  return {
    through(netns, pid) {
      const kept = doors.get(netns)
      if (kept !== undefined) return kept
      if (doors.size >= MAX_NAMESPACES) return { kind: 'denied' }
      const door = enter({ native, path: join(procRoot, String(pid), 'ns', 'net'), netns, detail })
      if (door.kind === 'open') doors.set(netns, door)
      return door
    },
    keepOnly,
    close: () => keepOnly(new Set()),
  }
}

interface Way {
  readonly native: Native
  readonly path: string
  readonly netns: string
  readonly detail: Detail
}

function enter(way: Way): NetnsDoor {
  const { native, path, netns } = way
  try {
    return native.inNetns(path, () => {
      // The process may have moved, or its number be another's: its rows would be told under a wrong name.
      if (readlinkSync(HERE) !== netns) return { kind: 'gone' }
      return openDoor(way)
    })
  } catch (error) {
    const gone = isNativeFault(error) && (error.errno === 'ENOENT' || error.errno === 'ESRCH')
    return { kind: gone ? 'gone' : 'denied' }
  }
}

function openDoor({ native, path, netns, detail }: Way): NetnsDoor {
  const interfaceName = (index: number): string | null => nameThere(native, path, netns, index)
  const socket = native.netlink(NETLINK_SOCK_DIAG)
  const diag = createSockDiag({ socket, interfaceName })
  if (detail === 'living') return { kind: 'open', diag, events: null }
  try {
    const netlink: Native['netlink'] = (...args) => native.netlink(...args)
    return { kind: 'open', diag, events: createDestroyEvents({ netlink, interfaceName }) }
  } catch (error) {
    if (!isNativeFault(error)) throw error
    return { kind: 'open', diag, events: null }
  }
}

/** Null once the process is gone, or elsewhere, that the namespace was entered through: then the number has to do. */
function nameThere(native: Native, path: string, netns: string, index: number): string | null {
  try {
    return native.inNetns(path, () =>
      readlinkSync(HERE) === netns ? native.interfaceName(index) : null,
    )
  } catch {
    return null
  }
}
