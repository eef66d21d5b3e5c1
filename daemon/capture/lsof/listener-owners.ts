/** Which process listens behind a loopback destination, asked of lsof: for systems without /proc. */
import type { SocketRow } from '../../../shared/model/observation.ts'
import type { ListenerOwner, ListenerOwners } from '../../ports.ts'
import type { RunTool } from '../run-tool.ts'

export interface LsofListenerOwnersDeps {
  /** Absolute path of lsof. */
  readonly tool: string
  readonly runTool: RunTool
  readonly monotonicMs: () => number
}

const TIMEOUT_MS = 5_000
/** Without an inode nothing tells that a port has changed hands, so answers do not last. */
const LASTS_MS = 10_000
const MAX_REMEMBERED = 1_024
/** A server can connect to any number of ports; each question reads the descriptors of all processes. */
const MAX_WAITING = 8
const REST_MS = 1_000

/** Other users' processes are silently left out by lsof: then the answer is `unreadable`, unless we are root. */
export function createLsofListenerOwners(
  deps: LsofListenerOwnersDeps,
  uid: number = process.geteuid?.() ?? 0,
): ListenerOwners {
  const remembered = new Map<string, { pid: Promise<number | null>; at: number }>()
  const ask = createQueue((listener: SocketRow) => askLsof(deps, listener, filterOf(listener)))
  return {
    ownerOf: async (listener, table, anew = false): Promise<ListenerOwner> => {
      const filter = filterOf(listener)
      const now = deps.monotonicMs()
      let known = remembered.get(filter)
      if (known === undefined || anew || now - known.at > LASTS_MS) {
        const pid = ask(listener)
        if (pid === null) return { kind: 'unreadable' }
        if (remembered.size >= MAX_REMEMBERED) remembered.clear()
        known = { pid, at: now }
        remembered.set(filter, known)
      }
      const pid = await known.pid
      const process = pid === null ? undefined : table.processes.get(pid)
      if (process !== undefined) return { kind: 'process', process }
      return { kind: uid === 0 ? 'none' : 'unreadable' }
    },
  }
}

/** One at a time, with a rest between; null where too many wait already. */
function createQueue<From, To>(
  work: (from: From) => Promise<To>,
): (from: From) => Promise<To> | null {
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()
  return (from) => {
    if (waiting >= MAX_WAITING) return null
    waiting += 1
    const done = last.then(async () => await work(from))
    last = done
      .catch(() => undefined)
      .then(async () => await new Promise((resolve) => setTimeout(resolve, REST_MS).unref()))
      .then(() => {
        waiting -= 1
      })
    return done
  }
}

/** `TCP:8080`; the address is left out because a listener on all addresses answers too. */
function filterOf({ protocol, local }: SocketRow): string {
  return `${protocol.toUpperCase()}:${local.port}`
}

async function askLsof(
  { tool, runTool }: LsofListenerOwnersDeps,
  { protocol }: SocketRow,
  filter: string,
): Promise<number | null> {
  const state = protocol === 'tcp' ? ['-sTCP:LISTEN'] : []
  const args = ['-w', '-n', '-P', '-l', '-F0pf', '-a', `-i${filter}`, ...state]
  try {
    const { stdout } = await runTool(tool, args, { timeoutMs: TIMEOUT_MS })
    const pid = /^p(\d{1,10})\0/.exec(stdout)?.[1]
    return pid === undefined ? null : Number(pid)
  } catch {
    return null // Not knowing who listens is an answer here; that lsof is broken, its engine says.
  }
}
