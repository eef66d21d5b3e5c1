/**
 * Takes the kernel's records in and finds out whose they are: those of members go into the book, all others wait for a
 * while, as a server may be recognised only after it has connected.
 */
import type { WatchedProcess } from '../../../shared/model/observation.ts'
import type { ProcessSource, Sighting } from '../../ports.ts'
import type { Births } from '../sock-diag/births.ts'
import type { AttemptBook, ExactSource, Ownership, TakeRecord, Unowned } from './parts.ts'
import { readRecord } from './read-record.ts'
import { WORD } from './record-layout.ts'
import { type WaitingRoom, wide } from './waiting-room.ts'

export interface AttemptsDeps {
  readonly source: ExactSource
  readonly book: AttemptBook
  readonly waiting: WaitingRoom
  readonly births: Births
  readonly see: ProcessSource['see']
}

export interface Attempts {
  /** Takes in what has come. The answer: how many records were lost. */
  take(): number
  /**
   * Finds out what of it is by processes that were only just born. Births must have been heard in between: a process can
   * be forked, connect and end while the records before its own are read.
   */
  claimNew(): void
  /** Whose processes are ours from now on: what those did before we knew counts too. */
  watch(processes: readonly WatchedProcess[]): void
  /** Right before processes are listed: those that made an attempt are to be in that list even if they have ended. */
  beforeListing(): void
  /** Some attempt is by a process that was not looked for in a list yet. */
  isOwnerWanted(): boolean
  /** Right after: whose the attempts are. */
  settle(): void
}

export function createAttempts({ source, book, waiting, births, see }: AttemptsDeps): Attempts {
  let members: ReadonlyMap<number, WatchedProcess> = new Map()
  /** Whom the last list was made for, among others. */
  let sought: ReadonlySet<number> = new Set()
  /** New servers whose first attempts may have been pushed out of the room by strangers'. */
  let missed = 0
  const hear: TakeRecord = (words, first) => {
    const event = readRecord(words, first)
    if (event !== null) book.hear(event)
  }
  // Called for each record of the machine, thousands a second by strangers: nothing is made of those.
  const take: TakeRecord = (words, first) => {
    const pid = words[first + WORD.pid] ?? 0
    const isKnown =
      pid === 0
        ? book.knows(wide(words, first + WORD.cookie))
        : members.has(pid) && births.isMember(pid, wide(words, first + WORD.at))
    if (isKnown) hear(words, first)
    else waiting.keep(words, first)
  }
  const ownerOf = ({ pid }: Unowned): Ownership => {
    const member = members.get(pid)
    if (member === undefined) return 'unknown'
    return { holder: { process: member.key, pid }, netns: member.netns }
  }
  /** A child of a member was one from its birth on: what it did was taken in as it came. */
  const mayMiss = (pid: number, before: ReadonlyMap<number, WatchedProcess>): boolean => {
    const fork = births.parentOf(pid)
    if (fork?.bornAtNs === undefined || (fork.parent !== null && before.has(fork.parent)))
      return false
    return fork.bornAtNs < waiting.wholeSince()
  }
  return {
    take() {
      const lost = missed
      missed = 0
      return source.drain(take) + lost
    },
    claimNew: () => waiting.claim('new', (pid, atNs) => births.isMember(pid, atNs), hear),
    watch(processes) {
      const before = members
      members = new Map(
        processes.filter(({ kind }) => kind === 'member').map((each) => [each.pid, each]),
      )
      const fresh = new Set<number>()
      for (const [pid, { key }] of members) if (before.get(pid)?.key !== key) fresh.add(pid)
      if (fresh.size === 0) return
      for (const pid of fresh) if (mayMiss(pid, before)) missed += 1
      waiting.claim('all', (pid, atNs) => fresh.has(pid) || births.isMember(pid, atNs), hear)
    },
    beforeListing() {
      // Also those that were listed before: they may have ended since.
      const unowned = book.unowned()
      sought = new Set(unowned.map(({ pid }) => pid))
      const sightings = unowned.map(({ pid, uid, comm, atNs }): Sighting => {
        const fork = births.parentOf(pid, atNs) ?? { pid, parent: null }
        return { ...fork, lived: { uid, comm, atNs } }
      })
      if (sightings.length > 0) see(sightings)
    },
    isOwnerWanted: () => book.unowned().some(({ pid }) => !sought.has(pid)),
    settle: () => book.settle(ownerOf),
  }
}
