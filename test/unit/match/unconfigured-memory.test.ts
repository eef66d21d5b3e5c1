/** What an earlier run listed as in no configuration goes on as that, with its client or without. */
import { expect, it } from 'vitest'
import { emptyMatchState } from '../../../daemon/match/match.ts'
import type { UnconfiguredBefore } from '../../../shared/model/attribution.ts'
import type { InstanceId } from '../../../shared/model/ids.ts'
import { DESKTOP, npxTree, proc, run, server } from './world.ts'

const line = ['/opt/x/notes-mcp', '--a']
const started = proc(110, 100, line)
const [first] = run([], [DESKTOP, started]).instances
if (first?.unconfigured === undefined) throw new Error('it is not listed')
const { id, rootPid, unconfigured, reasons } = first
const unconfiguredBefore = new Map<InstanceId, UnconfiguredBefore>([
  [id, { rootPid, unconfigured, reasons }],
])
const left = { ...started, ppid: 1 }

it('is the same copy, orphaned, where its client ended meanwhile', () => {
  const now = run([], [left], emptyMatchState, { unconfiguredBefore })
  const same = { id, serverIds: first.serverIds, quality: 'unconfigured', reasons, unconfigured }
  expect(now.instances).toMatchObject([{ ...same, orphaned: true, judged: true }])
  const later = run([], [left], now.state, { unconfiguredBefore })
  expect(later.state).toBe(now.state)
})

it('is an orphan below whatever took it over, and none where its client lives', () => {
  const reaper = proc(50, 1, ['/opt/reaper'])
  const below = { ...started, ppid: 50 }
  const orphaned = (...table: Parameters<typeof run>[1]) =>
    run([], table, emptyMatchState, { unconfiguredBefore }).instances.map((each) => each.orphaned)
  expect(orphaned(reaper, below)).toEqual([true])
  expect(orphaned(DESKTOP, started)).toEqual([false])
})

it('is listed once and by its old name where it would be found again', () => {
  const before = new Map([
    [id, { rootPid, unconfigured: { ...unconfigured, name: 'old-mcp' }, reasons }],
  ])
  const told = run([], [DESKTOP, started], emptyMatchState, { unconfiguredBefore: before })
  expect(told.instances.map((each) => each.unconfigured?.name)).toEqual(['old-mcp'])
})

it('is listed while a file of its client cannot be read, for it is nothing new', () => {
  const unread = new Set(['claude-desktop'])
  const told = run([], [DESKTOP, started], emptyMatchState, { unread, unconfiguredBefore })
  expect(told.instances).toMatchObject([{ id, unconfigured }])
})

it('keeps the roles of its tree', () => {
  const tree = npxTree(110, 100, ['/dir'])
  const [running] = run([], [DESKTOP, ...tree]).instances
  if (running?.unconfigured === undefined) throw new Error('it is not listed')
  const memory = { rootPid: 110, unconfigured: running.unconfigured, reasons: running.reasons }
  const [root, ...rest] = tree
  const [now] = run([], [{ ...root, ppid: 1 }, ...rest], emptyMatchState, {
    unconfiguredBefore: new Map([[running.id, memory]]),
  }).instances
  const rolesOf = ({ members }: typeof running) =>
    members.map(({ process, role }) => [process.pid, role])
  expect(now && rolesOf(now)).toEqual(rolesOf(running))
  expect(now?.package).toEqual(running.package)
})

it('is not another process with the same number', () => {
  const other = { ...left, startTicks: left.startTicks + 1 }
  const rebooted = { ...left, bootId: 'c' }
  for (const process of [other, rebooted])
    expect(run([], [process], emptyMatchState, { unconfiguredBefore }).instances).toEqual([])
})

it('is the entry’s where one was written meanwhile', () => {
  const entry = server('notes', line)
  const told = run([entry], [left], emptyMatchState, { unconfiguredBefore })
  expect(told.instances).toMatchObject([{ id, serverIds: [entry.id] }])
  expect(told.instances[0]).not.toHaveProperty('unconfigured')
})
