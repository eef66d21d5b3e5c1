/**
 * Root doing something as the user it works for. In a folder of the user's, root must not open, create or rename
 * anything as root: whatever runs as the user could put a link there that leads to a file of the system. With the
 * user's effective id the kernel checks each step as theirs (credentials(7)), and what is made is theirs from the
 * beginning, so there is nothing to chown afterwards.
 */
import type { User } from './world.ts'

/** The part of `process` that is needed. */
export interface Identity {
  getegid(): number
  getgroups(): number[]
  setgroups(groups: number[]): void
  setegid(gid: number): void
  seteuid(uid: number): void
}

/**
 * Runs `work` with the effective ids of `user`; null is this process' own. The ids are the whole process', so nothing
 * else may be under way meanwhile that needs root: for the daemon's begin and end, not for what it does in between.
 */
export async function asUser<T>(
  user: User | null,
  work: () => T | Promise<T>,
  identity: Identity | null = ownIdentity(),
): Promise<T> {
  const back = become(user, identity)
  try {
    return await work()
  } finally {
    back()
  }
}

/** The same for work that is done when it returns. */
export function asUserNow<T>(
  user: User | null,
  work: () => T,
  identity: Identity | null = ownIdentity(),
): T {
  const back = become(user, identity)
  try {
    return work()
  } finally {
    back()
  }
}

/** Returns the way back. */
function become(user: User | null, identity: Identity | null): () => void {
  if (user === null) return () => undefined
  if (identity === null) throw new Error('this system has no user ids')
  const { gid, groups } = { gid: identity.getegid(), groups: identity.getgroups() }
  const back = (): void => {
    identity.seteuid(0)
    identity.setegid(gid)
    identity.setgroups(groups)
  }
  try {
    // Groups first and user last: without root's id the others could not be set (setegid(2), setgroups(2)).
    identity.setgroups([user.gid])
    identity.setegid(user.gid)
    identity.seteuid(user.uid)
    return back
  } catch (error) {
    back()
    throw error
  }
}

function ownIdentity(): Identity | null {
  const { getegid, getgroups, setgroups, setegid, seteuid } = process
  if (!getegid || !getgroups || !setgroups || !setegid || !seteuid) return null
  return { getegid, getgroups, setgroups, setegid, seteuid }
}
