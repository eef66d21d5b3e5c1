import { describe, expect, it } from 'vitest'
import { createAttempts } from '../../../daemon/capture/exact/attempts.ts'
import { createAttemptBook } from '../../../daemon/capture/exact/book.ts'
import type { TakeRecord } from '../../../daemon/capture/exact/parts.ts'
import { RECORD_KIND, RECORD_WORDS, WORD } from '../../../daemon/capture/exact/record-layout.ts'
import { createWaitingRoom } from '../../../daemon/capture/exact/waiting-room.ts'
import type { WatchedProcess } from '../../../shared/model/observation.ts'

const ROOM = 4
const STRANGER = 7
const CLIENT = 10
const SERVER = 20

const member = (pid: number): WatchedProcess => ({
  key: `boot:${pid}:1:0` as WatchedProcess['key'],
  pid,
  netns: 'net:[1]',
  kind: 'member',
})

function connect(pid: number, at: number): Uint32Array {
  const words = new Uint32Array(RECORD_WORDS)
  words[WORD.kind] = RECORD_KIND.connect
  words[WORD.pid] = pid
  words[WORD.at] = at
  words[WORD.cookie] = at
  words[WORD.family] = 2 | (6 << 8)
  words[WORD.ports] = 443 << 16
  words[WORD.remote] = 0x0100007f
  return words
}

/** `bornAt`: of the server, below its client. `isMember`: as the kernel's events tell. */
function setting(bornAt: number, isMember: (pid: number) => boolean = (pid) => pid === SERVER) {
  let coming: Uint32Array[] = []
  const book = createAttemptBook()
  const attempts = createAttempts({
    source: {
      kind: 'own',
      start() {},
      drain(take: TakeRecord) {
        for (const words of coming) take(words, 0)
        coming = []
        return 0
      },
      degraded: () => [],
      stop: async () => {},
    },
    book,
    waiting: createWaitingRoom(ROOM),
    births: {
      watch() {},
      since: () => ({ born: [], started: false, stirred: false, lost: false }),
      newKin: () => [],
      isMember,
      parentOf: (pid) => (pid === SERVER ? { pid, parent: CLIENT, bornAtNs: bornAt } : null),
      isWorking: () => true,
      whyNot: () => null,
      close() {},
    },
    see: () => [],
  })
  const come = (...records: Uint32Array[]): number => {
    coming = records
    return attempts.take()
  }
  return { attempts, book, come }
}

describe('attempts', () => {
  it('of a server count that it made before it was known', () => {
    const { attempts, book, come } = setting(5)
    come(connect(SERVER, 6), connect(STRANGER, 7))
    attempts.watch([member(SERVER)])
    expect(book.unowned()).toMatchObject([{ pid: SERVER, atNs: 6 }])
    expect(come()).toBe(0)
  })

  it('that strangers may have pushed out are counted as lost, once', () => {
    const { attempts, book, come } = setting(5)
    come(connect(SERVER, 6), ...[10, 11, 12, 13].map((at) => connect(STRANGER, at)))
    attempts.watch([member(SERVER)])
    expect(book.unowned()).toEqual([])
    expect([come(), come()]).toEqual([1, 0])
    // It is no news to the next list.
    attempts.watch([member(SERVER)])
    expect(come()).toBe(0)
  })

  it('are not lost where the server was born after that', () => {
    const { attempts, come } = setting(12)
    come(...[8, 9, 10, 11, 13].map((at) => connect(STRANGER, at)))
    attempts.watch([member(SERVER)])
    expect(come()).toBe(0)
  })

  it('ask for a list that their process is sought in, once, also where they come while one is made', () => {
    const { attempts, come } = setting(5)
    come(connect(SERVER, 6))
    attempts.watch([])
    attempts.claimNew()
    expect(attempts.isOwnerWanted()).toBe(true)
    attempts.beforeListing()
    attempts.settle()
    expect(attempts.isOwnerWanted()).toBe(false)

    const late = setting(5)
    late.attempts.beforeListing()
    late.come(connect(SERVER, 6))
    late.attempts.claimNew()
    late.attempts.settle()
    expect(late.attempts.isOwnerWanted()).toBe(true)
  })

  it('of another process that was given the number of one that ended are not ours', () => {
    let lives = true
    const { attempts, book, come } = setting(5, () => lives)
    attempts.watch([member(SERVER)])
    lives = false
    come(connect(SERVER, 9))
    expect(book.unowned()).toEqual([])
    lives = true
    come(connect(SERVER, 10))
    expect(book.unowned()).toMatchObject([{ atNs: 10 }])
  })
})
