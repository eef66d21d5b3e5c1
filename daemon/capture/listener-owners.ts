/** Which process listens behind a loopback destination (Linux): a search through descriptors, remembered. */
import { forgetOldest } from '../../shared/forget-oldest.ts'
import type { SocketRow } from '../../shared/model/observation.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import { basename } from '../../shared/text/basename.ts'
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

/** How long one reading of everybody's descriptors serves: several new listeners are asked for at the same tick. */
const SCAN_LASTS_MS = 1_000

interface Remembered {
  readonly answer: ListenerOwner
  readonly at: number
}

interface Scan {
  readonly at: number
  readonly holders: ReadonlyMap<number, readonly Process[]>
  /** Users with a process that could not be read. */
  readonly hiddenUids: ReadonlySet<number>
}

export function createListenerOwners(deps: ListenerOwnersDeps): ListenerOwners {
  const search = new ListenerSearch(deps)
  return {
    ownerOf: async (listener, table, anew) => await search.ownerOf(listener, table, anew),
  }
}

class ListenerSearch {
  readonly #deps: ListenerOwnersDeps
  readonly #remembered = new Map<number, Remembered>()
  /** Searches wait for each other: one asked for meanwhile may find its answer in the scan before. */
  #queue: Promise<unknown> = Promise.resolve()
  #scan: Scan | null = null

  constructor(deps: ListenerOwnersDeps) {
    this.#deps = deps
  }

  async ownerOf(listener: SocketRow, table: ProcessTable, anew = false): Promise<ListenerOwner> {
    const { inode, uid } = listener
    if (inode === null) return { kind: 'none' }
    const answer = this.#queue.then(
      async () => this.#recall(inode, table, anew) ?? (await this.#search(inode, uid, table)),
    )
    this.#queue = answer.catch(() => undefined)
    return await answer
  }

  #recall(inode: number, table: ProcessTable, anew: boolean): ListenerOwner | null {
    const known = this.#remembered.get(inode)
    if (known === undefined) return null
    if (known.answer.kind !== 'process') {
      const isFresh = !anew && this.#deps.monotonicMs() - known.at < NO_OWNER_LASTS_MS
      return isFresh ? known.answer : null
    }
    const { pid, key } = known.answer.process
    const now = table.processes.get(pid)
    return now?.key === key ? { kind: 'process', process: now } : null
  }

  async #search(inode: number, uid: number | null, table: ProcessTable): Promise<ListenerOwner> {
    const now = this.#deps.monotonicMs()
    let scan = this.#scan
    const holders = scan?.holders.get(inode) ?? []
    const stillThere = holders.some(({ pid, key }) => table.processes.get(pid)?.key === key)
    if (scan === null || now - scan.at > SCAN_LASTS_MS || !stillThere) {
      scan = await scanAll(this.#deps, table)
      this.#scan = scan
    }
    const answer = answerOf(scan, inode, uid)
    this.#remembered.delete(inode)
    this.#remembered.set(inode, { answer, at: this.#deps.monotonicMs() })
    forgetOldest(this.#remembered, MAX_REMEMBERED)
    return answer
  }
}

async function scanAll(deps: ListenerOwnersDeps, table: ProcessTable): Promise<Scan> {
  const uid = deps.uid ?? process.geteuid?.() ?? 0
  const breathe = createBreathe(deps.monotonicMs)
  const at = deps.monotonicMs()
  const holders = new Map<number, Process[]>()
  const hiddenUids = new Set<number>()
  for (const candidate of table.processes.values()) {
    const mine = uid === 0 || candidate.uid === uid
    const held = mine
      ? await heldSockets(deps.procRoot ?? '/proc', candidate.pid, breathe)
      : { kind: 'unreadable' as const }
    if (held.kind === 'unreadable') hiddenUids.add(candidate.uid)
    if (held.kind !== 'read') continue
    for (const inode of held.inodes) {
      const others = holders.get(inode)
      if (others === undefined) holders.set(inode, [candidate])
      else others.push(candidate)
    }
  }
  return { at, holders, hiddenUids }
}

/**
 * Only a hidden process of the socket's own user is suspected, or one of root's: a service may have made its socket
 * before it changed its user, or be handed it.
 */
function answerOf({ holders, hiddenUids }: Scan, inode: number, uid: number | null): ListenerOwner {
  const outermost = outermostOf(holders.get(inode) ?? [])
  if (outermost !== null) return { kind: 'process', process: outermost }
  const hidden = uid === null ? hiddenUids.size > 0 : hiddenUids.has(uid) || hiddenUids.has(0)
  return { kind: hidden ? 'unreadable' : 'none' }
}

/** A listener shared with children (a pre-forking service) is named by the process that they all come from. */
function outermostOf(all: readonly Process[]): Process | null {
  const services = all.filter((holder) => !isServiceManager(holder))
  const holders = services.length > 0 ? services : all
  const pids = new Set(holders.map(({ pid }) => pid))
  const tops = holders.filter(({ ppid }) => !pids.has(ppid))
  return tops.toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)[0] ?? null
}

/** It made the socket for a service that it has started since (systemd.socket(5)), and keeps it. */
function isServiceManager({ pid, executable }: Process): boolean {
  return pid === 1 || basename(executable ?? '') === 'systemd'
}
