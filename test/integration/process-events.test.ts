/** Forks, execs and exits as this machine's kernel tells of them, down to whose children match takes them for. */
import { spawnSync } from 'node:child_process'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { Native } from '../../daemon/native/native.ts'
import { createFamily, type Family } from '../../daemon/processes/family.ts'
import type { ProcessEvents } from '../../daemon/processes/proc-connector.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { createShells, stateOf } from './process-events-shell.ts'
import {
  createMatching,
  isHeardHere,
  listen,
  native,
  processSource,
} from './process-events-table.ts'

const isHeard = await isHeardHere()
const shells = createShells()
afterEach(() => shells.end())
afterAll(() => shells.remove())

describe.skipIf(!isHeard)('process events (needs a kernel that tells them here)', () => {
  let family: Family
  let events: ProcessEvents
  afterEach(() => events.close())

  it('tell of a double fork with its whole line, and of who ended', async () => {
    family = createFamily()
    events = await listen(family)
    const shell = shells.start('line.sh')
    family.watch([shell.pid])
    const orphan = await shells.order(shell, 'orphan')
    const heard = (): boolean => {
      events.drain()
      return family.has(orphan)
    }
    await waitFor(heard, { what: 'the orphan', deadlineMs: 10_000, everyMs: 5 })
    const { look, gone } = family.take()
    const parents = new Map(look.map(({ pid, parent }) => [pid, parent]))
    const between = parents.get(orphan) ?? 0
    expect(between).not.toBe(shell.pid)
    expect(parents.get(between)).toBe(shell.pid)
    const ended = (): boolean => {
      events.drain()
      return [...gone, ...family.take().gone].includes(between)
    }
    await waitFor(ended, { what: 'the end of the one between', deadlineMs: 10_000, everyMs: 5 })
  })

  it('put a short-lived child and a daemon below the right instance in the next tick', async () => {
    family = createFamily()
    events = await listen(family)
    const [one, other] = [shells.start('one.sh'), shells.start('other.sh')]
    const source = processSource()
    const told = createMatching(source, shells.folder, ['one.sh', 'other.sh'])
    const untold = createMatching(processSource(), shells.folder, ['one.sh', 'other.sh'])
    // Once they run their scripts, which they do when they answer.
    const [first, second] = [await shells.order(one, 'child'), await shells.order(other, 'child')]
    await told.tick()
    await untold.tick()
    expect(told.pidsOf(one.pid)).toEqual(new Set([one.pid, first]))
    family.watch([one.pid, other.pid, first, second])
    events.drain()
    family.take()

    const child = await shells.order(one, 'child')
    const orphan = await shells.order(other, 'orphan')
    const isLost = (): boolean => [1, stateOf(other.pid)?.ppid].includes(stateOf(orphan)?.ppid)
    await waitFor(isLost, { what: 'the end of the one between', deadlineMs: 10_000, everyMs: 1 })
    events.drain()
    source.see(family.take().look)
    process.kill(child, 'SIGKILL')
    const hasEnded = (): boolean => (stateOf(child)?.state ?? 'Z') === 'Z'
    await waitFor(hasEnded, { what: 'the end of the child', deadlineMs: 10_000, everyMs: 1 })

    await told.tick()
    expect(told.pidsOf(one.pid)).toEqual(new Set([one.pid, first, child]))
    expect(told.pidsOf(other.pid)).toEqual(new Set([other.pid, second, orphan]))
    // Without events neither can be known: the test would mean nothing otherwise.
    await untold.tick()
    expect(untold.pidsOf(one.pid)).toEqual(new Set([one.pid, first]))
    expect(untold.pidsOf(other.pid)).toEqual(new Set([other.pid, second]))
    await told.tick()
    expect(told.pidsOf(one.pid)).toEqual(new Set([one.pid, first]))
    expect(told.pidsOf(other.pid)).toEqual(new Set([other.pid, second, orphan]))
  })

  it('tie a daemon to a server that started it before anybody knew the server', async () => {
    family = createFamily()
    events = await listen(family)
    const source = processSource()
    const told = createMatching(source, shells.folder, ['late.sh'])
    const untold = createMatching(processSource(), shells.folder, ['late.sh'])
    await told.tick()
    family.watch([], [process.pid])

    const shell = shells.start('late.sh')
    const orphan = await shells.order(shell, 'orphan')
    const isLost = (): boolean => [1, stateOf(shell.pid)?.ppid].includes(stateOf(orphan)?.ppid)
    await waitFor(isLost, { what: 'the end of the one between', deadlineMs: 10_000, everyMs: 1 })
    events.drain()
    expect(family.take()).toMatchObject({ look: [], started: true })
    source.see(family.newKin())
    await told.tick()
    await untold.tick()
    expect(told.pidsOf(shell.pid)).toEqual(new Set([shell.pid, orphan]))
    expect(untold.pidsOf(shell.pid)).toEqual(new Set([shell.pid]))
  })

  it('say that some were lost when there was no room for them, and go on', async () => {
    const real = native
    if (real === null) return
    const narrow: Native = {
      ...real,
      netlink: (protocol, options) => real.netlink(protocol, { ...options, receiveBuffer: 4096 }),
    }
    family = createFamily()
    events = await listen(family, narrow)
    for (let count = 0; count < 30; count += 1) spawnSync('/bin/sh', ['-c', ':'])
    expect(events.drain().lost).toBe(true)
    expect(family.take().incomplete).toBe(true)
    const shell = shells.start('after.sh')
    family.watch([shell.pid])
    // What other programs fork fills so little room, too: a child that came just then is lost, and one of the next is not.
    const heard = async (): Promise<boolean> => {
      events.drain()
      const child = await shells.order(shell, 'child')
      events.drain()
      return family.has(child)
    }
    await waitFor(heard, { what: 'a child', deadlineMs: 20_000, everyMs: 5 })
    expect(events.state()).toBe('working')
  })

  it('are not disturbed by what other programs do', async () => {
    family = createFamily()
    events = await listen(family)
    const shell = shells.start('quiet.sh')
    family.watch([shell.pid])
    for (let count = 0; count < 50; count += 1) spawnSync('/bin/sh', ['-c', ':'])
    const child = await shells.order(shell, 'child')
    const born = await waitFor(
      () => {
        events.drain()
        // The shell's own exec is news too.
        const found = family.take().look.filter(({ parent }) => parent !== null)
        return found.length > 0 ? found : null
      },
      { what: 'the child', deadlineMs: 10_000, everyMs: 5 },
    )
    expect(born.map(({ pid }) => pid)).toEqual([child])
  })
})
