import { describe, expect, it } from 'vitest'
import type { SockDiag } from '../../../daemon/capture/sock-diag/dump.ts'
import type { NetnsDoor, NetnsDumps } from '../../../daemon/capture/sock-diag/netns-dump.ts'
import { createSpace } from '../../../daemon/capture/sock-diag/space.ts'
import { createSpaces } from '../../../daemon/capture/sock-diag/spaces.ts'
import type { WatchedProcess } from '../../../shared/model/observation.ts'

const diag: SockDiag = {
  dump: () => ({ complete: true, rows: [], known: 0, skipped: 0, failure: null }),
  info: () => null,
  packets: () => new Set(),
  close() {},
}
const inside = (pid: number, netns = 'net:[2]'): WatchedProcess => ({
  key: `test:${pid}:0:0` as WatchedProcess['key'],
  pid,
  netns,
  kind: 'member',
})

/** `doors` by pid; what is not there is gone. */
function setting(doors: Readonly<Record<number, NetnsDoor['kind']>>) {
  const tried: number[] = []
  let kept: readonly string[] = []
  const dumps: NetnsDumps = {
    through(_netns, pid) {
      tried.push(pid)
      const kind = doors[pid] ?? 'gone'
      return kind === 'open' ? { kind, diag, events: null } : { kind }
    },
    keepOnly: (netns) => {
      kept = [...netns]
    },
    close() {},
  }
  const spaces = createSpaces(createSpace('net:[1]', diag, null), dumps)
  const names = () => spaces.all().map(({ netns }) => netns)
  return { spaces, tried, names, kept: () => kept }
}

describe('the network namespaces of watched processes', () => {
  it('stay for the batch after their last process, and for the one that has what was told since', () => {
    const { spaces, names, kept } = setting({ 7: 'open' })
    spaces.follow([inside(7), inside(1, 'net:[1]')])
    expect(names()).toEqual(['net:[1]', 'net:[2]'])
    spaces.follow([])
    expect(names()).toEqual(['net:[1]', 'net:[2]'])
    spaces.follow([])
    expect([names(), kept()]).toEqual([['net:[1]', 'net:[2]'], ['net:[2]']])
    spaces.follow([])
    expect([names(), kept()]).toEqual([['net:[1]'], []])
  })

  it('stay as long again when a process comes back', () => {
    const { spaces, names } = setting({ 7: 'open' })
    for (const members of [[inside(7)], [], [inside(7)], [], []]) spaces.follow(members)
    expect(names()).toEqual(['net:[1]', 'net:[2]'])
  })

  it('are entered through another process when the first has gone, but not tried again where denied', () => {
    const gone = setting({ 8: 'open' })
    gone.spaces.follow([inside(7), inside(8)])
    expect([gone.tried, gone.names()]).toEqual([
      [7, 8],
      ['net:[1]', 'net:[2]'],
    ])
    const denied = setting({ 7: 'denied', 8: 'open' })
    denied.spaces.follow([inside(7), inside(8)])
    expect([denied.tried, denied.names()]).toEqual([[7], ['net:[1]']])
    expect(denied.spaces.of(inside(7))).toBeNull()
  })
})
