/**
 * Sockets of which a sample has nothing to tell: strangers', and what waits on after the end of one (TIME_WAIT). On a
 * busy machine there are thousands. Only cookie and inode are kept, so that the next dump can pass over them. No I/O.
 */
import { forgetOldest } from '../../../shared/forget-oldest.ts'
import type { DiagRow } from './diag-row.ts'

/**
 * `stranger`: no watched process holds it. `destroyed`: the kernel has said so, and gives no cookie twice. `missing`:
 * samples lacked it and its end was counted, yet its socket may live: one without connection is in no list, and can be
 * connected again (connect(2)).
 */
export type PassedOverKind = 'stranger' | 'destroyed' | 'missing'

export interface PassedOver {
  /** Called for each socket of a dump, by the halves of its cookie: true when its row need not be read. */
  meet(cookieLow: number, cookieHigh: number): boolean
  /** As `meet`, for a row that was read. One that was missing and is held again is no longer passed over. */
  meetRow(row: DiagRow): boolean
  /** Its end need not be counted. */
  has(cookie: string): boolean
  /** The inode is remembered of strangers alone: no other socket can turn out to be held. */
  add(kind: PassedOverKind, row: Pick<DiagRow, 'cookie' | 'inode'>): void
  /** Forgets strangers that are somebody's after all; true when there were any. */
  claim(inodes: Pick<ReadonlySet<number>, 'has'>): boolean
  /** A dump was taken in; only after a complete one is what it lacked forgotten, some dumps later. */
  dumped(complete: boolean): void
}

/** The kernel tells of an end through a queue of its own work: some samples may lack a socket before it is told. */
const TOLD_WITHIN_ROUNDS = 5
/** While dumps are cut short nothing is forgotten, so there is a limit. */
const MAX_COOKIES = 200_000

interface Known {
  readonly kind: PassedOverKind
  readonly inode: number | null
  /** Of the dump it was last met in; altered in place, as there are thousands at each. */
  round: number
}

export function createPassedOver(): PassedOver {
  const known = new Map<number, Known>()
  let round = 0
  const met = (entry: Known): true => {
    entry.round = round + 1
    return true
  }
  return {
    meet(low, high) {
      const entry = known.get(high * 2 ** 32 + low)
      // Whether one that was missing lives is told by its row.
      return entry !== undefined && entry.kind !== 'missing' && met(entry)
    },
    meetRow({ cookie, inode }) {
      const entry = known.get(numberOf(cookie))
      if (entry === undefined) return false
      if (entry.kind !== 'missing' || inode === null) return met(entry)
      known.delete(numberOf(cookie))
      return false
    },
    has: (cookie) => known.has(numberOf(cookie)),
    add(kind, { cookie, inode }) {
      const number = numberOf(cookie)
      // Nearly all are counted up from the boot on; of those counted down from 2^64 (linux/cookie.h) several would be
      // the same number.
      if (!Number.isSafeInteger(number)) return
      known.set(number, { kind, inode: kind === 'stranger' ? inode : null, round })
      forgetOldest(known, MAX_COOKIES)
    },
    claim(inodes) {
      let isAny = false
      for (const [cookie, { inode }] of known) {
        if (inode === null || !inodes.has(inode)) continue
        known.delete(cookie)
        isAny = true
      }
      return isAny
    },
    dumped(complete) {
      round += 1
      if (!complete) return
      for (const [cookie, entry] of known)
        if (entry.round + TOLD_WITHIN_ROUNDS < round) known.delete(cookie)
    },
  }
}

function numberOf(cookie: string): number {
  return Number.parseInt(cookie, 16)
}
