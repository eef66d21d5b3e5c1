/** What makes an orphan: who is above a server that no client is above, and what it was before. */
import { describe, expect, it } from 'vitest'
import { emptyMatchState, matchServers } from '../../../daemon/match/match.ts'
import type { Instance, MatchState } from '../../../shared/model/attribution.ts'
import type { Process } from '../../../shared/model/process.ts'
import { DESKTOP, digest, proc, recogniseClient, script, server, table } from './world.ts'

const mine = server('mine', ['node', '/w/mine.js'], { script: script('/w/mine.js') })
const MANAGER = proc(50, 1, ['/usr/lib/systemd/systemd', '--user'])
const APP = '/user.slice/user-1000.slice/user@1000.service/app.slice'

const own = (ppid: number, fields: Partial<Process> = {}): Process =>
  proc(300, ppid, ['node', '/w/mine.js'], { script: script('/w/mine.js'), ...fields })
const service = (fields: Partial<Process> = {}): Process =>
  own(50, { cgroup: `${APP}/mine.service`, stdin: 'null', stdout: 'socket', ...fields })

/** `holder`: the pid at the other end of the server's descriptor 0. */
function look(
  processes: readonly Process[],
  previous: MatchState = emptyMatchState,
  holder: number | null = null,
): { readonly state: MatchState; readonly instance: Instance | undefined } {
  const stdinHolder = ({ pid }: Process): number | null => (pid === 300 ? holder : null)
  const servers = [mine]
  const machine = table(processes)
  const world = { servers, table: machine, recogniseClient, digest, stdinHolder }
  const { state, instances } = matchServers({ previous, ...world })
  expect(instances.length).toBeLessThan(2)
  return { state, instance: instances[0] }
}

describe('first seen below systemd', () => {
  it('is left over when it has a pipe as its standard input', () => {
    const session = own(50, { cgroup: '/user.slice/user-1000.slice/session-2.scope' })
    expect(look([MANAGER, session]).instance).toMatchObject({ orphaned: true, judged: true })
  })

  it('is a service when it has none, and in the control group of one', () => {
    expect(look([MANAGER, service()]).instance).toMatchObject({
      orphaned: false,
      judged: true,
      quality: 'no-client',
    })
  })

  it('is a service in a group that its unit has made below its own, and none in one of its user', () => {
    const orphaned = (cgroup: string) => look([MANAGER, service({ cgroup })]).instance?.orphaned
    expect(orphaned(`${APP}/mine.service/workers/7`)).toBe(false)
    expect(orphaned(`${APP}/mine.service/session.scope/7`)).toBe(true)
    expect(orphaned(APP)).toBe(true)
  })

  it.each(['pipe', 'socket'] as const)(
    'is left over by a client that was a service, on a %s',
    (stdin) => {
      const left = service({ stdin, pgid: 300, sid: 300, cgroup: `${APP}/app-cursor@0a1b.service` })
      expect(look([MANAGER, left]).instance).toMatchObject({ orphaned: true })
    },
  )

  it.each([
    ['in a scope', { cgroup: `${APP}/app-gnome-cursor-1234.scope` }],
    ['in a group that cannot be told', { cgroup: null }],
    ['with a standard input that cannot be told', { stdin: 'unknown' }],
  ] as const)('is left over %s', (_, fields) => {
    expect(look([MANAGER, service(fields)]).instance).toMatchObject({ orphaned: true })
  })

  it('is told by the short name where the image may not be asked', () => {
    const hidden = proc(50, 1, ['/usr/lib/systemd/systemd'], { executable: null, comm: 'systemd' })
    expect(look([hidden, own(50)]).instance).toMatchObject({ orphaned: true })
    expect(look([hidden, service()]).instance).toMatchObject({ orphaned: false })
  })

  it('is told after systemd was brought up to date on the disk', () => {
    const renewed = { ...MANAGER, executable: `${MANAGER.executable} (deleted)` }
    expect(look([renewed, own(50)]).instance).toMatchObject({ orphaned: true })
    expect(look([renewed, service()]).instance).toMatchObject({ orphaned: false })
  })

  it.each(['tini', 'init', 'catatonit'])(
    'counts, and not below %s, which has no services',
    (name) => {
      const other = proc(50, 1, [`/sbin/${name}`])
      expect(look([other, service()]).instance).toMatchObject({ orphaned: true })
    },
  )
})

describe('a parent that is gone and was no client', () => {
  const parent = proc(110, 50, ['some-program'])

  it('leaves an orphan', () => {
    const before = look([MANAGER, parent, own(110)])
    expect(before.instance).toMatchObject({ orphaned: false, client: null })
    expect(look([MANAGER, own(50)], before.state).instance).toMatchObject({ orphaned: true })
    const elsewhere = proc(60, 1, ['/usr/bin/some-reaper'])
    expect(look([elsewhere, own(60)], before.state).instance).toMatchObject({ orphaned: true })
  })

  it('leaves none where it was the first of a service, which forks', () => {
    const before = look([MANAGER, parent, service({ ppid: 110 })])
    expect(before.instance).toMatchObject({ orphaned: false, client: null })
    expect(look([MANAGER, service()], before.state).instance).toMatchObject({ orphaned: false })
  })
})

describe('a client that is gone', () => {
  it('leaves an orphan also when it was a service that looked like it does', () => {
    const client = { ...DESKTOP, ppid: 50 }
    const before = look([MANAGER, client, service({ ppid: 100 })])
    expect(before.instance).toMatchObject({ orphaned: false, client: { pid: 100 } })
    const left = look([MANAGER, service()], before.state)
    expect(left.instance).toMatchObject({ orphaned: true, client: { pid: 100 } })
    expect(look([MANAGER, service()], left.state).instance).toMatchObject({ orphaned: true })
  })

  it('leaves an orphan where it was at the other end of standard input', () => {
    const before = look([MANAGER, DESKTOP, own(50)], emptyMatchState, 100)
    expect(before.instance).toMatchObject({ orphaned: false, client: { pid: 100 } })
    const left = look([MANAGER, own(50)], before.state)
    expect(left.instance).toMatchObject({ orphaned: true })
    expect(look([MANAGER, own(50)], left.state).instance).toMatchObject({ orphaned: true })
  })

  it('leaves an orphan below a program that lives on', () => {
    const between = proc(110, 100, ['some-wrapper'])
    const before = look([DESKTOP, between, own(110)])
    expect(before.instance).toMatchObject({ orphaned: false, client: { pid: 100 } })
    const left = look([{ ...between, ppid: 50 }, MANAGER, own(110)], before.state)
    expect(left.instance).toMatchObject({ orphaned: true })
  })

  it('is gone when its number is another’s', () => {
    const before = look([MANAGER, DESKTOP, own(50)], emptyMatchState, 100)
    const again = proc(100, 1, ['sleep', '9'], { startTicks: 2_900 })
    expect(look([MANAGER, again, own(50)], before.state).instance?.orphaned).toBe(true)
  })

  it('is not gone when it runs another program, or its end is not told for once', () => {
    const before = look([MANAGER, DESKTOP, own(50)], emptyMatchState, 100)
    const exec = proc(100, 1, ['/opt/Claude/updater'], { epoch: 1 })
    expect(look([MANAGER, exec, own(50)], before.state).instance?.orphaned).toBe(false)
    expect(look([MANAGER, DESKTOP, own(50)], before.state).instance?.orphaned).toBe(false)
  })

  it('is back when the table lacked it for once', () => {
    const before = look([MANAGER, DESKTOP, own(50)], emptyMatchState, 100)
    const missed = look([MANAGER, own(50)], before.state)
    expect(look([MANAGER, DESKTOP, own(50)], missed.state, 100).instance).toMatchObject({
      orphaned: false,
    })
  })
})
