import { expect, it } from 'vitest'
import { addWatched, nothingWatched } from '../../../daemon/tick/watched.ts'
import type { Batch } from '../../../shared/model/observation.ts'
import { instanceA } from '../judge/build.ts'

const instance = instanceA()
const [member] = instance.members
const [serverId] = instance.serverIds

function batch(at: number, activeMs: number, unknown = 0): Batch {
  const process = member?.process.key
  if (process === undefined) throw new Error('the instance has no member')
  const attention = [{ process, quietMs: 1000 - activeMs, activeMs, seen50Ms: activeMs }]
  return { at, snapshots: [], unreadable: [], attention, others: { foreign: 0, unknown } }
}

it('adds up how a server was watched and tells it every half minute', () => {
  let state = nothingWatched(0)
  for (const at of [1_000, 29_999]) {
    const added = addWatched(state, batch(at, 100), [instance])
    expect(added.told).toEqual([])
    state = added.state
  }
  const { told, state: next } = addWatched(state, batch(30_000, 0), [instance])
  expect(told).toEqual([{ serverId, quietMs: 2_800, activeMs: 200, seen50Ms: 200, unknown: 0 }])
  expect(next).toEqual(nothingWatched(30_000))
})

it('holds unknown connections against those only that ran meanwhile', () => {
  const ran = addWatched(nothingWatched(0), batch(1_000, 5, 3), [instance])
  const stood = addWatched(ran.state, batch(40_000, 0, 7), [instance])
  expect(stood.told).toMatchObject([{ unknown: 3 }])
})
