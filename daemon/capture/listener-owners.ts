/** Which process listens behind a loopback destination (Linux): a search through descriptors, remembered. */
import type { SocketRow } from '../../shared/model/observation.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import type { ListenerOwner, ListenerOwners } from '../ports.ts'
import { createBreathe, heldSockets } from './descriptors.ts'

export interface ListenerOwnersDeps {
  readonly monotonicMs: () => number
  /** Default `/proc`. */
  readonly procRoot?: string
  /** Effective user; default is this process'. Descriptors of other users are not tried without root. */
  readonly uid?: number
}

/** A listener without an owner can get one (it was just being made), so this answer does not last. */
const NO_OWNER_LASTS_MS = 5_000
const MAX_REMEMBERED = 4_096

interface Remembered {
  readonly answer: ListenerOwner
  readonly at: number
}

export function createListenerOwners(deps: ListenerOwnersDeps): ListenerOwners {
  const search = new ListenerSearch(deps)
  return { ownerOf: async (listener, table) => await search.ownerOf(listener, table) }
}

class ListenerSearch {
  readonly #deps: ListenerOwnersDeps
  readonly #remembered = new Map<number, Remembered>()
  /** Searches wait for each other: one asked for meanwhile may find its answer already remembered. */
  #queue: Promise<unknown> = Promise.resolve()

  constructor(deps: ListenerOwnersDeps) {
    this.#deps = deps
  }

  async ownerOf(listener: SocketRow, table: ProcessTable): Promise<ListenerOwner> {
    const { inode } = listener
    if (inode === null) return { kind: 'none' }
    const answer = this.#queue.then(async () => {
      const known = this.#recall(inode, table)
      if (known !== null) return known
      await this.#search(inode, listener.uid, table)
      return this.#remembered.get(inode)?.answer ?? { kind: 'none' as const }
    })
    this.#queue = answer.catch(() => undefined)
    return await answer
  }

  #recall(inode: number, table: ProcessTable): ListenerOwner | null {
    const known = this.#remembered.get(inode)
    if (known === undefined) return null
    if (known.answer.kind !== 'process') {
      return this.#deps.monotonicMs() - known.at < NO_OWNER_LASTS_MS ? known.answer : null
    }
    const { pid, key } = known.answer.process
    const now = table.processes.get(pid)
    return now?.key === key ? { kind: 'process', process: now } : null
  }

  async #search(inode: number, ownerUid: number | null, table: ProcessTable): Promise<void> {
    const uid = this.#deps.uid ?? process.geteuid?.() ?? 0
    const breathe = createBreathe(this.#deps.monotonicMs)
    const holders: Process[] = []
    let hidden = false
    for (const candidate of table.processes.values()) {
      const mine = uid === 0 || candidate.uid === uid
      const held = mine
        ? await heldSockets(this.#deps.procRoot ?? '/proc', candidate.pid, breathe)
        : { kind: 'unreadable' as const }
      // Only a process of the socket's user is suspected; a service may have changed its user since, so root is too.
      const suspect = ownerUid === null || candidate.uid === ownerUid || candidate.uid === 0
      if (held.kind === 'unreadable' && suspect) hidden = true
      if (held.kind === 'read' && held.inodes.has(inode)) holders.push(candidate)
    }
    const outermost = outermostOf(holders)
    const answer: ListenerOwner =
      outermost === null
        ? { kind: hidden ? 'unreadable' : 'none' }
        : { kind: 'process', process: outermost }
    this.#remember(inode, answer)
  }

  #remember(inode: number, answer: ListenerOwner): void {
    this.#remembered.delete(inode)
    this.#remembered.set(inode, { answer, at: this.#deps.monotonicMs() })
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size <= MAX_REMEMBERED) break
      this.#remembered.delete(oldest)
    }
  }
}

/** A listener shared with children (a pre-forking service) is named by the process that they all come from. */
function outermostOf(holders: readonly Process[]): Process | null {
  const pids = new Set(holders.map(({ pid }) => pid))
  const tops = holders.filter(({ ppid }) => !pids.has(ppid))
  return tops.toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)[0] ?? null
}
