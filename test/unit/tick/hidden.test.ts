/** Which running copies are told of as hidden, and when. */
import { expect, it } from 'vitest'
import { type HiddenState, hiddenNow, NOBODY_HIDDEN } from '../../../daemon/tick/hidden.ts'
import type { Instance } from '../../../shared/model/attribution.ts'
import { makeInstance, makeProcess } from '../connections/build.ts'

const cgroup = `/system.slice/docker-${'a'.repeat(64)}.scope`
const command = makeProcess(20, 10)
const contained = makeProcess(30, 1, { readable: false, netns: null, cgroup })
const sealed = makeProcess(40, 20, { readable: false })
const inside = makeInstance('inside', [
  [command, 'launcher'],
  [contained, 'server'],
])
const plain = makeInstance('plain', [[sealed, 'server']])
const both = makeInstance('both', [
  [contained, 'server'],
  [sealed, 'child'],
])

function look(
  state: HiddenState,
  at: number,
  instances: readonly Instance[],
  open: readonly Instance[] = [],
  patienceMs?: number,
) {
  const unreadable = new Set(instances.filter((it) => !open.includes(it)).map(({ id }) => id))
  const now = hiddenNow(state, { at, instances, unreadable, patienceMs })
  return { ...now, told: [...now.instances], servers: [...now.serverIds] }
}

it('is at once what keeps itself closed, in whatever company', () => {
  const { told, servers } = look(NOBODY_HIDDEN, 0, [inside, plain, both])
  expect(told).toEqual(['plain', 'both'])
  expect(servers).toEqual(['server-plain', 'server-both'])
})

it('is what is in a container once its engine had time to tell more of it', () => {
  const first = look(NOBODY_HIDDEN, 1_000, [inside])
  expect([first.told, first.servers]).toEqual([[], []])
  const early = look(first.state, 5_999, [inside])
  expect([early.told, early.servers]).toEqual([[], []])
  const late = look(early.state, 6_000, [inside])
  expect([late.told, late.servers]).toEqual([['inside'], ['server-inside']])
  expect(look(NOBODY_HIDDEN, 1_000, [inside], [], 0).told).toEqual(['inside'])
})

it('is none that can be looked at meanwhile, however long it was closed before', () => {
  const first = look(NOBODY_HIDDEN, 1_000, [inside])
  const known = look(first.state, 1_300, [inside], [inside])
  expect([known.told, known.servers, known.state.size]).toEqual([[], [], 0])
  expect(look(known.state, 9_000, [inside]).told).toEqual([])
})

it('is told of once where it ended before that', () => {
  const first = look(NOBODY_HIDDEN, 1_000, [inside])
  const ended = look(first.state, 9_000, [])
  expect([ended.told, ended.servers]).toEqual([[], ['server-inside']])
  expect(look(ended.state, 9_100, []).servers).toEqual([])
  const told = look(look(first.state, 6_000, [inside]).state, 6_100, [])
  expect(told.servers).toEqual([])
})

it('waits no longer where the clock was set back', () => {
  const first = look(NOBODY_HIDDEN, 100_000, [inside])
  expect(look(first.state, 1_000, [inside]).told).toEqual(['inside'])
})

it('keeps its state while there is nobody', () => {
  expect(look(NOBODY_HIDDEN, 0, [inside], [inside]).state).toBe(NOBODY_HIDDEN)
})
