import { describe, expect, it } from 'vitest'
import { createAdmission } from '../../../daemon/capture-service/admission.ts'
import { createCookies } from '../../../daemon/capture-service/cookies.ts'
import { type Owner, route } from '../../../daemon/capture-service/route.ts'
import { type Kind, type RecordParts, record } from './fakes.ts'

const SYN_SENT = 2
const ESTABLISHED = 1
const CLOSE = 7

interface Known extends Owner {
  readonly lost: () => number
}

function owner(uid: number, most = 100): Known {
  let lost = 0
  return {
    uid,
    cookies: createCookies(most),
    lose: (events) => {
      lost += events
    },
    lost: () => lost,
  }
}

function scene(...uids: number[]) {
  const users = uids.map((uid) => owner(uid))
  const to = (kind: Kind, parts: RecordParts = {}): number | null =>
    route(users, record(kind, parts), 0)?.uid ?? null
  return { users, to }
}

describe('whose a record is', () => {
  it('is said by the user of who made the call', () => {
    const { to } = scene(1000, 1001)
    for (const kind of ['connect', 'send', 'rawSocket'] as const) {
      expect(to(kind, { uid: 1001, cookie: 5 })).toBe(1001)
      expect(to(kind, { uid: 1002, cookie: 6 })).toBeNull()
    }
  })

  it('is said by the cookie where nobody made a call, also of a big one', () => {
    const { to } = scene(1000, 1001)
    const cookie = 2 ** 40 + 3
    to('connect', { uid: 1000, cookie })
    for (const kind of [
      'connecting',
      'established',
      'retried',
      'halfClosed',
      'datagram',
    ] as const) {
      // The user's number in these is not filled.
      expect(to(kind, { cookie, uid: 1001 })).toBe(1000)
      expect(to(kind, { cookie: cookie + 1 })).toBeNull()
    }
  })

  it('is nobody’s among those who listen, for root’s and others’ alike', () => {
    const { to } = scene(0, 1000)
    to('connect', { uid: 1001, cookie: 9 })
    expect(to('established', { cookie: 9 })).toBeNull()
    to('connect', { uid: 1000, cookie: 10 })
    expect(to('established', { cookie: 10 })).toBe(1000)
  })

  it('changes with a process of another user that uses the socket, whoever that is', () => {
    const { to, users } = scene(1000, 1001)
    to('connect', { uid: 1000, cookie: 4 })
    expect(to('connect', { uid: 1001, cookie: 4 })).toBe(1001)
    expect(to('datagram', { cookie: 4 })).toBe(1001)
    to('send', { uid: 4242, cookie: 4 })
    expect(to('datagram', { cookie: 4 })).toBeNull()
    expect(users.map(({ lost }) => lost())).toEqual([1, 1])
  })

  it('is nobody’s of a kind that is not known', () => {
    const words = record('connect', { uid: 1000 })
    words[0] = 77
    expect(route([owner(1000)], words, 0)).toBeNull()
  })
})

describe('the sockets of a user', () => {
  it.each<[string, readonly [Kind, number?][]]>([
    ['TCP, closed by the other end first', [['connecting'], ['closed'], ['released', CLOSE]]],
    ['TCP, closed by us first', [['connecting'], ['released', ESTABLISHED], ['closed']]],
    ['TCP, given up before an answer', [['connecting'], ['released', SYN_SENT], ['closed']]],
    ['TCP, no route', [['released', CLOSE]]],
    ['UDP, connected', [['datagram'], ['released', ESTABLISHED]]],
    ['UDP, not connected', [['datagram'], ['released', CLOSE]]],
  ])('are forgotten after their last event and not before: %s', (_what, steps) => {
    const { to } = scene(1000)
    to('connect', { uid: 1000, cookie: 3 })
    for (const [kind, state = 0] of steps) expect(to(kind, { cookie: 3, state })).toBe(1000)
    expect(to('datagram', { cookie: 3 })).toBeNull()
  })

  it('can be connected again after a failure', () => {
    const { to } = scene(1000)
    for (let round = 0; round < 3; round += 1) {
      to('connect', { uid: 1000, cookie: 3 })
      expect(to('connecting', { cookie: 3 })).toBe(1000)
      expect(to('closed', { cookie: 3 })).toBe(1000)
    }
    expect(to('released', { cookie: 3, state: CLOSE })).toBe(1000)
    expect(to('released', { cookie: 3, state: CLOSE })).toBeNull()
  })

  it('are given up from the oldest on when there are too many, and counted where more was to come', () => {
    const cookies = createCookies(2)
    for (const cookie of [1, 2, 1, 3]) cookies.learn(cookie)
    expect([1, 2, 3].map((cookie) => cookies.has(cookie))).toEqual([true, false, true])
    expect(cookies.takeEvicted()).toBe(1)
    // The end of a part of an MPTCP connection is the last that is heard of it.
    cookies.connecting(1)
    cookies.closed(1)
    cookies.learn(4)
    expect(cookies.has(1)).toBe(false)
    expect(cookies.takeEvicted()).toBe(0)
  })
})

describe('room for connections', () => {
  it('is bounded for each user and for all, and freed', () => {
    const room = createAdmission({ perUser: 2, inAll: 3 })
    expect([room.enter(1), room.enter(1), room.enter(1), room.enter(2), room.enter(3)]).toEqual([
      null,
      null,
      'user-full',
      null,
      'service-full',
    ])
    room.leave(1)
    room.leave(9)
    expect([room.enter(3), room.enter(1)]).toEqual([null, 'service-full'])
  })
})
