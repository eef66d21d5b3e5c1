/**
 * Whose home folder and environment count. Under sudo(8) it is the person who typed it: their clients are what is to be
 * watched, and root has none.
 */
import { homedir, userInfo } from 'node:os'

export interface User {
  readonly uid: number
  readonly gid: number
  readonly name: string
  readonly home: string
}

type Environment = Readonly<Record<string, string | undefined>>

export interface World {
  readonly env: Environment
  readonly home: string
  /** Set where this process is root on behalf of somebody: what it writes has to be theirs (see `asUser`). */
  readonly owner: User | null
  /** What to tell the user about it, or null. */
  readonly notice: string | null
}

/** The passwd entry of a user, null where there is none. */
export type LookUpUser = (uid: number) => User | null

export interface Self {
  readonly euid: number
  readonly env: Environment
  readonly home: string
}

/** Pure. SUDO_UID is set by sudo itself; from anybody who is not root it is only a variable, and means nothing. */
export function worldOf({ euid, env, home }: Self, lookUp: LookUpUser): World {
  const uid = euid === 0 ? uidIn(env['SUDO_UID']) : null
  if (uid === null) return { env, home, owner: null, notice: null }
  const user = lookUp(uid)
  if (user === null || !user.home.startsWith('/')) {
    const notice = `run with sudo by user ${uid}, who has no home folder that is known: watching root's clients`
    return { env, home, owner: null, notice }
  }
  return {
    env: environmentOf(env, user),
    home: user.home,
    owner: user,
    notice: `run with sudo: watching the clients of ${user.name}, and keeping its files theirs`,
  }
}

/** A user id above 0: sudo of root by root is root. */
function uidIn(text: string | undefined): number | null {
  const uid = /^\d{1,10}$/.test(text ?? '') ? Number(text) : 0
  // 2³² − 1 is "no user" (chown(2)).
  return uid > 0 && uid < 0xffff_ffff ? uid : null
}

/**
 * Variables that name folders are believed where HOME is the user's too (`sudo -E`, and macOS, which keeps HOME).
 * Otherwise they are root's, and the user's runtime folder is where systemd makes it (pam_systemd(8)).
 */
function environmentOf(env: Environment, user: User): Environment {
  if (env['HOME'] === user.home) return env
  const kept = Object.entries(env).filter(([name]) => !/^(XDG_|DBUS_|CLAUDE_|CODEX_)/.test(name))
  const runtime = `/run/user/${user.uid}`
  return { ...Object.fromEntries(kept), HOME: user.home, XDG_RUNTIME_DIR: runtime }
}

/** HOME where it is a folder's full name; an empty or relative one would put our files wherever we were started. */
function homeOfThisUser(): string {
  const said = homedir()
  if (said.startsWith('/')) return said
  try {
    return userInfo().homedir
  } catch {
    return said
  }
}

/** Of this process. `userInfo` asks for the entry of the effective user (getpwuid_r(3)), wherever users are kept. */
export function thisWorld(): World {
  const self = { euid: process.geteuid?.() ?? -1, env: process.env, home: homeOfThisUser() }
  return worldOf(self, (uid) => {
    try {
      process.seteuid?.(uid)
      const { uid: found, gid, username, homedir: home } = userInfo()
      return found === uid ? { uid, gid, name: username, home } : null
    } catch {
      return null
    } finally {
      process.seteuid?.(self.euid)
    }
  })
}
