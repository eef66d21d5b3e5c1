/** What is known of whose the listening sockets are, and when to ask again. */
import type { SocketRow } from '../../shared/model/observation.ts'
import type { ProcessTable } from '../../shared/model/process.ts'
import type { ListenerOwner, ListenerOwners } from '../ports.ts'

export interface Searches {
  /** Forgets all others. */
  keep(rows: readonly SocketRow[]): void
  /** Some of these were never asked about. */
  areNew(rows: readonly SocketRow[]): boolean
  /** Asks what is to be asked. `fresh`: of those nobody was found for yet, and who are found without a program. */
  ask(
    rows: readonly SocketRow[],
    table: ProcessTable,
  ): Record<'fresh' | 'all', readonly Promise<void>[]>
  /** Null while they are looked for. */
  ownersOf(rows: readonly SocketRow[]): readonly ListenerOwner[] | null
}

/** `onAnswer`: something is known, or has to be asked again with another table. */
export function createSearches(
  owners: Pick<ListenerOwners, 'ownerOf'>,
  onAnswer: (isUnsure: boolean) => void,
): Searches {
  const searches = new Map<string, Search>()
  const ask = async (search: Search, row: SocketRow, table: ProcessTable): Promise<void> => {
    search.isPending = true
    const owner = await owners
      .ownerOf(row, table, search.misses > 0)
      // Like one that cannot be seen: it is asked about again.
      .catch((): ListenerOwner => ({ kind: 'unreadable' }))
    search.isPending = false
    search.age = 0
    search.owner = owner
    search.misses = owner.kind === 'process' ? 0 : search.misses + 1
    onAnswer(isUnsure(search))
  }
  return {
    keep(rows) {
      const keys = new Set(rows.map(keyOf))
      for (const key of searches.keys()) if (!keys.has(key)) searches.delete(key)
    },
    areNew: (rows) => rows.some((row) => !searches.has(keyOf(row))),
    ask(rows, table) {
      const [fresh, all]: [Promise<void>[], Promise<void>[]] = [[], []]
      for (const row of rows) {
        const key = keyOf(row)
        const search = searches.get(key) ?? newSearch()
        searches.set(key, search)
        search.age += 1
        if (!isDue(search, row, table)) continue
        const isFresh = row.inode !== null && (search.owner === null || isUnsure(search))
        const asking = ask(search, row, table)
        all.push(asking)
        if (isFresh) fresh.push(asking)
      }
      return { fresh, all }
    },
    ownersOf(rows) {
      const known = rows.map((row) => searches.get(keyOf(row)) ?? null)
      if (known.some((each) => each !== null && isUnsure(each))) return null
      const found = known.flatMap((search) => search?.owner ?? [])
      return found.length < rows.length ? null : certain(rows, found)
    },
  }
}

/** Of one socket; changed in place as answers come. */
interface Search {
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

function newSearch(): Search {
  return { owner: null, isPending: false, misses: 0, age: 0 }
}

/** A socket is the same as long as its inode is; without one its address has to do. */
export function keyOf({ inode, local }: SocketRow): string {
  return inode === null ? `${local.address} ${local.port}` : String(inode)
}

/** At each look. */
function isDue(search: Search, { inode }: SocketRow, { processes }: ProcessTable): boolean {
  const { owner, isPending, age } = search
  if (isPending) return false
  if (owner === null || isUnsure(search)) return true
  if (owner.kind !== 'process') return age >= ASK_AGAIN_AFTER
  // It ended, and left the socket to another process; or it is only assumed that there still is one.
  const isAlive = processes.get(owner.process.pid)?.startTicks === owner.process.startTicks
  return !isAlive || (inode === null && age >= ASK_AGAIN_AFTER)
}

function isUnsure({ owner, misses }: Search): boolean {
  return owner !== null && owner.kind !== 'process' && misses < SURE_AFTER
}

/** Where a listener is only assumed, one that nobody is found for is none. */
function certain(
  rows: readonly SocketRow[],
  owners: readonly ListenerOwner[],
): readonly ListenerOwner[] {
  const isAssumed = rows.some(({ inode }) => inode === null)
  return isAssumed ? owners.filter(({ kind }) => kind === 'process') : owners
}
