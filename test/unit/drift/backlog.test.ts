import { expect, it } from 'vitest'
import { addTick, NO_BACKLOG } from '../../../daemon/store/backlog.ts'
import { createMirror } from '../../../daemon/store/mirror.ts'
import type { DriftResult, KnownEntry } from '../../../shared/model/drift.ts'
import { NO_DRIFT } from '../../../shared/model/drift.ts'
import { noMemory } from '../judge/build.ts'
import { tick } from '../store/ticks.ts'
import { entryOf, print, T0 } from './build.ts'

const server = entryOf('cursor', 'notes', 'npx notes@1.0.0')
const entry = (firstSeen: number, present = true): KnownEntry => {
  const { id: serverId, name, client, source, scope } = server
  return {
    serverId,
    name,
    client,
    source,
    scope,
    print: print(server),
    firstSeen,
    arrived: null,
    present,
  }
}
const change = (at: number): DriftResult['changes'][number] => ({
  serverId: server.id,
  kind: 'changed',
  field: 'arguments',
  from: null,
  to: null,
  since: at - 1,
  at,
})

it('ticks that wait keep every change, and entries as they were last', () => {
  let backlog = NO_BACKLOG
  for (let n = 0; n < 2_000; n += 1) {
    const at = T0 + n * 1_000
    const drift = { since: n === 0 ? T0 : null, entries: [entry(n)], changes: [change(at)] }
    backlog = addTick(backlog, tick(at, { drift: n % 100 === 0 ? drift : NO_DRIFT }))
  }
  const all = backlog.ticks.map(({ drift }) => drift)
  expect(all.find(({ since }) => since !== null)?.since).toBe(T0)
  expect(all.flatMap(({ changes }) => changes).map(({ at }) => at)).toEqual(
    Array.from({ length: 20 }, (_, n) => T0 + n * 100_000),
  )
  expect(all.flatMap(({ entries }) => entries).at(-1)?.firstSeen).toBe(1_900)
})

it('a database begun anew is given what is known, and no change twice', () => {
  const mirror = createMirror({ ...noMemory, drift: { since: 1, entries: [entry(1)] } })
  mirror.committed([
    tick(T0, { drift: { since: null, entries: [entry(2)], changes: [change(T0)] } }),
  ])
  expect(mirror.asTick()?.drift).toEqual({ since: 1, entries: [entry(2)], changes: [] })
  mirror.committed([tick(T0, { drift: { since: null, entries: [entry(2, false)], changes: [] } })])
  expect(mirror.asTick()?.drift.entries).toEqual([])
  mirror.removed(noMemory)
  expect(mirror.asTick()?.drift).toEqual(NO_DRIFT)
})
