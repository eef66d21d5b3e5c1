/** What tells of processes without events: CPU clocks and lists of children, of real processes. */
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createGate } from '../../daemon/capture/sock-diag/gate.ts'
import { loadNative } from '../../daemon/native/load.ts'
import type { Clock } from '../../daemon/ports.ts'
import { createChildren } from '../../daemon/processes/children.ts'
import { createFamily } from '../../daemon/processes/family.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { createShells, endShell, stateOf } from './process-events-shell.ts'

const clock: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }
const loaded = await loadNative()
const native = loaded.ok ? loaded.native : null
const shells = createShells()
afterEach(() => shells.end())
afterAll(() => shells.remove())

describe.skipIf(process.platform !== 'linux')('lists of children (needs /proc)', () => {
  it('tell of children and of theirs, each once', async () => {
    const shell = shells.start('listed.sh')
    const child = await shells.order(shell, 'child')
    const family = createFamily()
    family.watch([shell.pid])
    const found = createChildren({ clock, family })
    expect(found.look([shell.pid])).toBe(1)
    expect(family.take().look).toEqual([{ pid: child, parent: shell.pid }])
    expect(found.look([shell.pid])).toBe(0)
    const wider = createFamily()
    wider.watch([process.pid])
    expect(createChildren({ clock, family: wider }).look([process.pid])).toBeGreaterThan(1)
    expect([wider.has(shell.pid), wider.has(child)]).toEqual([true, true])
    expect(found.look([4_194_304])).toBe(0)
  })
})

describe.skipIf(native === null)('the gate (needs koffi)', () => {
  it('stays shut for one that waits, opens when it runs, and knows when it ended', async () => {
    if (native === null) return
    const gate = createGate({ native, clock })
    const shell = shells.start('gate.sh')
    // It answers, so it has started up; what it still does is over once it waits and the gate stays shut. On a busy
    // machine the gate also stays shut for one that has something to do and no processor to do it on.
    await shells.order(shell, 'child')
    const rests = (): boolean =>
      stateOf(shell.pid)?.state === 'S' && gate.look([shell.pid]).moved.length === 0
    await waitFor(rests, { what: 'rest', deadlineMs: 20_000 })
    for (let count = 0; count < 20; count += 1) expect(gate.look([shell.pid]).moved).toEqual([])
    await shells.order(shell, 'child')
    expect(gate.look([shell.pid]).moved).toEqual([shell.pid])
    await endShell(shell)
    expect(gate.look([shell.pid])).toEqual({ moved: [], gone: [shell.pid], unreadable: [] })
  })
})
