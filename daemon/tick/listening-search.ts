/** What is known of whose a listening socket is, and when to ask again. */
import type { SocketRow } from '../../shared/model/observation.ts'
import type { ProcessTable } from '../../shared/model/process.ts'
import type { ListenerOwner } from '../ports.ts'

/** Of one socket; changed in place as answers come. */
export interface Search {
  owner: ListenerOwner | null
  isPending: boolean
  /** Answers in a row that named nobody. */
  misses: number
  /** Looks since the last answer. */
  age: number
}

/** A process that began to listen right after the table was made is in the next one. */
const SURE_AFTER = 2
/** Looks until a listener without an owner is asked about again: it may have been handed over. */
const ASK_AGAIN_AFTER = 5

export function newSearch(): Search {
  return { owner: null, isPending: false, misses: 0, age: 0 }
}

/** A socket is the same as long as its inode is; without one its address has to do. */
export function keyOf({ inode, local }: SocketRow): string {
  return inode === null ? `${local.address} ${local.port}` : String(inode)
}

/** At each look. */
export function isDue(search: Search, { inode }: SocketRow, { processes }: ProcessTable): boolean {
  const { owner, isPending, age } = search
  if (isPending) return false
  if (owner === null || isUnsure(search)) return true
  if (owner.kind !== 'process') return age >= ASK_AGAIN_AFTER
  // It ended, and left the socket to another process; or it is only assumed that there still is one.
  const isAlive = processes.get(owner.process.pid)?.startTicks === owner.process.startTicks
  return !isAlive || (inode === null && age >= ASK_AGAIN_AFTER)
}

export function isUnsure({ owner, misses }: Search): boolean {
  return owner !== null && owner.kind !== 'process' && misses < SURE_AFTER
}

/** Where a listener is only assumed, one that nobody is found for is none. */
export function certain(
  rows: readonly SocketRow[],
  owners: readonly ListenerOwner[],
): readonly ListenerOwner[] {
  const isAssumed = rows.some(({ inode }) => inode === null)
  return isAssumed ? owners.filter(({ kind }) => kind === 'process') : owners
}
