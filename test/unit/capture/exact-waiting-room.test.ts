import { describe, expect, it } from 'vitest'
import { RECORD_KIND, RECORD_WORDS, WORD } from '../../../daemon/capture/exact/record-layout.ts'
import { createWaitingRoom, wide } from '../../../daemon/capture/exact/waiting-room.ts'

type Kind = keyof typeof RECORD_KIND

/** `offset`: where in a larger array it lies. */
function record(kind: Kind, cookie: number, pid = 0, offset = 0): [Uint32Array, number] {
  const words = new Uint32Array(offset + RECORD_WORDS)
  words[offset + WORD.kind] = RECORD_KIND[kind]
  words[offset + WORD.pid] = pid
  words[offset + WORD.cookie] = cookie
  return [words, offset]
}

function claimed(
  room: ReturnType<typeof createWaitingRoom>,
  pids: readonly number[],
  which: 'all' | 'new' = 'all',
) {
  const taken: string[] = []
  room.claim(
    which,
    (pid) => pids.includes(pid),
    (words, first) => {
      const kind = Object.entries(RECORD_KIND).find(([, each]) => each === words[first])?.[0]
      taken.push(`${kind} ${wide(words, first + WORD.cookie)}`)
    },
  )
  return taken
}

describe('the waiting room', () => {
  it('hands over what a process did before it was known, and what became of it, once', () => {
    const room = createWaitingRoom(8)
    room.keep(...record('connecting', 2))
    room.keep(...record('connect', 1, 10))
    room.keep(...record('connect', 2, 20, 3))
    room.keep(...record('connecting', 1))
    room.keep(...record('established', 2))
    room.keep(...record('released', 1))
    expect(claimed(room, [30])).toEqual([])
    expect(claimed(room, [10])).toEqual(['connect 1', 'connecting 1', 'released 1'])
    expect(claimed(room, [10])).toEqual([])
    expect(claimed(room, [20])).toEqual(['connect 2', 'established 2'])
  })

  it('keeps the newest in their order when it is full', () => {
    const room = createWaitingRoom(3)
    for (const cookie of [1, 2, 3, 4, 5]) room.keep(...record('connect', cookie, 7))
    expect(claimed(room, [7])).toEqual(['connect 3', 'connect 4', 'connect 5'])
  })

  it('walks only over what came since it was asked last, where that is enough', () => {
    const room = createWaitingRoom(8)
    room.keep(...record('connect', 1, 10))
    expect(claimed(room, [20], 'new')).toEqual([])
    room.keep(...record('connect', 2, 10))
    room.keep(...record('released', 2))
    expect(claimed(room, [10], 'new')).toEqual(['connect 2', 'released 2'])
    expect(claimed(room, [10], 'new')).toEqual([])
    expect(claimed(room, [10])).toEqual(['connect 1'])
  })

  it('reads 64 bits exactly as far as numbers go', () => {
    expect(wide(Uint32Array.of(0xffff_ffff, 0x1f_ffff), 0)).toBe(Number.MAX_SAFE_INTEGER)
    expect(wide(Uint32Array.of(1), 0)).toBe(1)
  })
})
