/** How many connections there may be, so that nobody takes the others' place. */

export interface Limits {
  readonly perUser: number
  readonly inAll: number
}

export interface Admission {
  /** Counts one more of this user, or says why there is no room. */
  enter(uid: number): 'user-full' | 'service-full' | null
  /** Of one that was let in. */
  leave(uid: number): void
}

export function createAdmission({ perUser, inAll }: Limits): Admission {
  const counts = new Map<number, number>()
  let all = 0
  return {
    enter(uid) {
      const own = counts.get(uid) ?? 0
      if (own >= perUser) return 'user-full'
      if (all >= inAll) return 'service-full'
      counts.set(uid, own + 1)
      all += 1
      return null
    },
    leave(uid) {
      const own = counts.get(uid) ?? 0
      if (own === 0) return
      if (own === 1) counts.delete(uid)
      else counts.set(uid, own - 1)
      all -= 1
    },
  }
}
