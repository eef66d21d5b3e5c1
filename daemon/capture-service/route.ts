/** Whose a record is. Looks at words in place: most records concern nobody who listens, and cost a look each. */
import { RECORD_KIND, WORD } from '../capture/exact/record-layout.ts'
import type { Cookies } from './cookies.ts'

export interface Owner {
  readonly uid: number
  readonly cookies: Cookies
  /** Something of this user's went past them. */
  lose(events: number): void
}

/** The user among `users` whose process caused it; null where that is nobody of them. */
export function route<T extends Owner>(
  users: readonly T[],
  words: Uint32Array,
  first: number,
): T | null {
  const cookie =
    (words[first + WORD.cookie] ?? 0) + (words[first + WORD.cookie + 1] ?? 0) * 4_294_967_296
  switch (words[first + WORD.kind] ?? 0) {
    case RECORD_KIND.connect:
    case RECORD_KIND.send:
    case RECORD_KIND.rawSocket:
      return byActor(users, words[first + WORD.uid] ?? -1, cookie)
    case RECORD_KIND.connecting:
      return byCookie(users, cookie, (cookies) => cookies.connecting(cookie))
    case RECORD_KIND.closed:
      return byCookie(users, cookie, (cookies) => cookies.closed(cookie))
    case RECORD_KIND.released: {
      const state = (words[first + WORD.family] ?? 0) >>> 24
      return byCookie(users, cookie, (cookies) => cookies.released(cookie, state))
    }
    case RECORD_KIND.established:
    case RECORD_KIND.halfClosed:
    case RECORD_KIND.retried:
    case RECORD_KIND.datagram:
      return byCookie(users, cookie, nothing)
    default:
      return null
  }
}

/**
 * A socket can be handed to a process of another user: from then on it is that one's, as nothing tells whose the
 * events without an actor are.
 */
function byActor<T extends Owner>(users: readonly T[], uid: number, cookie: number): T | null {
  let found: T | null = null
  for (const user of users) {
    if (user.uid === uid) found = user
    else if (user.cookies.forget(cookie)) user.lose(1)
  }
  found?.cookies.learn(cookie)
  return found
}

function byCookie<T extends Owner>(
  users: readonly T[],
  cookie: number,
  note: (cookies: Cookies) => void,
): T | null {
  for (const user of users) {
    if (!user.cookies.has(cookie)) continue
    note(user.cookies)
    return user
  }
  return null
}

function nothing(): void {}
