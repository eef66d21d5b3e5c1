import { describe, expect, it } from 'vitest'
import { blindSpots } from '../../../daemon/doctor/blind-spots.ts'
import { checksOf } from '../../../daemon/doctor/checks.ts'
import type { Check, Facts } from '../../../shared/contract/doctor.ts'
import { facts } from './facts.ts'

const good = facts()

/** The checks of an area that are not of a machine where all is well. */
function changed(changes: Partial<Facts>): Omit<Check, 'hint'>[] {
  const before = new Set(checksOf(good).map((check) => JSON.stringify(check)))
  return checksOf(facts(changes))
    .filter((check) => !before.has(JSON.stringify(check)))
    .map(({ area, status, message }) => ({ area, status, message }))
}

const saying = (area: Check['area'], status: Check['status'], words: RegExp) =>
  expect.objectContaining({ area, status, message: expect.stringMatching(words) })

describe('the checks', () => {
  it('find nothing wrong with a good machine', () => {
    const wrong = checksOf(good).filter(
      ({ status }) => status === 'warning' || status === 'blocked',
    )
    expect(wrong).toEqual([])
    expect(checksOf(good)).toContainEqual(
      saying('engine', 'note', /^ss 6\.1\.0 .* could take its place: one look took 9 ms/),
    )
  })

  const engine = good.engine
  const refused = (name: string, problem: string, hasLooked = false) =>
    engine.rungs.map((rung) =>
      rung.name === name
        ? {
            name,
            problem,
            hint: null,
            kernelSaid: [],
            look: hasLooked && rung.look !== null ? { ...rung.look, problem } : null,
          }
        : rung,
    )
  const database = good.database
  it.each<[string, Partial<Facts>, ReturnType<typeof saying>]>([
    [
      'no engine',
      { engine: { ...engine, name: null, look: null, rungs: [] } },
      saying('engine', 'blocked', /no way to look/),
    ],
    [
      'the second best engine',
      { engine: { ...engine, name: 'ss', rungs: refused('sock-diag', 'EPERM') } },
      saying('engine', 'warning', /^sock-diag would see more, but is not possible: EPERM/),
    ],
    [
      'no exact capture',
      {
        engine: {
          ...engine,
          rungs: [
            { name: 'bpf', problem: 'refused', hint: 'h', kernelSaid: ['EINVAL'], look: null },
            ...engine.rungs,
          ],
        },
      },
      saying('engine', 'note', /^EINVAL$/),
    ],
    [
      'the way that is used instead',
      { engine: { ...engine, name: 'ss', rungs: refused('sock-diag', 'EPERM') } },
      saying('engine', 'ok', /^ss 6\.1\.0 at \/usr\/bin\/ss$/),
    ],
    [
      'a way that could not',
      { engine: { ...engine, rungs: refused('lsof', 'the program lsof was not found') } },
      saying('engine', 'note', /^lsof could not take its place: .* not found$/),
    ],
    [
      'an engine that fails',
      { engine: { ...engine, rungs: refused('sock-diag', 'it broke', true) } },
      saying('engine', 'blocked', /it broke/),
    ],
    ['no processes', { processes: null }, saying('permissions', 'blocked', /cannot be listed/)],
    [
      'a database of a later version',
      { database: { ...database, version: 9 } },
      saying('database', 'blocked', /version 9/),
    ],
    [
      'a native module for another Node',
      { database: { ...database, check: 'not-possible', problem: 'ERR_DLOPEN_FAILED' } },
      saying('database', 'blocked', /better-sqlite3/),
    ],
    [
      'a damaged database',
      { database: { ...database, check: 'damaged' } },
      saying('database', 'warning', /damaged/),
    ],
    [
      'rows from the future',
      { database: { ...database, future: 3 } },
      saying('database', 'warning', /3 times in it lie in the future/),
    ],
    [
      'somebody else’s state folder',
      { state: { ...good.state, own: false } },
      saying('state', 'blocked', /another user/),
    ],
    [
      'a full disk',
      { state: { ...good.state, freeBytes: 1000 } },
      saying('state', 'warning', /1 kB/),
    ],
    ['a held lock without daemon', { lock: { held: true } }, saying('daemon', 'warning', /lock/)],
    [
      'a silent daemon',
      { daemon: { pid: 7, health: null, engine: null } },
      saying('daemon', 'warning', /process 7/),
    ],
    ['WSL', { system: { ...good.system, wsl: true } }, saying('system', 'note', /Windows side/)],
    [
      'a container',
      { system: { ...good.system, container: 'podman' } },
      saying('system', 'note', /podman/),
    ],
    [
      'no cgroup2',
      { system: { ...good.system, cgroup2: false } },
      saying('system', 'warning', /cgroup2/),
    ],
    [
      'sudo',
      { user: { uid: 0, sudo: true, home: '/home/ada' } },
      saying('permissions', 'note', /sudo.*\/home\/ada/),
    ],
    [
      'a running client without a file',
      {
        configurations: {
          ...good.configurations,
          running: [{ client: 'zed', processes: 1, read: false }],
        },
      },
      saying('configuration', 'note', /^zed is running/),
    ],
    [
      'no desktop',
      { notification: { path: 'none', why: 'there is no session bus' } },
      saying('notification', 'note', /no session bus/),
    ],
    [
      'a clock that jumps',
      { clock: { ...good.clock, stepMs: -3000 } },
      saying('clock', 'warning', /-3000/),
    ],
    [
      'a clock of 1970',
      { clock: { wall: '1970-01-01T00:00:10.000Z', stepMs: 0 } },
      saying('clock', 'warning', /1970/),
    ],
  ])('tell of %s', (_what, changes, expected) => {
    expect(changed(changes)).toContainEqual(expected)
  })
})

describe('what cannot be seen', () => {
  const spots = (changes: Partial<Facts>): string[] =>
    blindSpots(facts(changes)).map(({ code }) => code)

  it('is more for some machines than for others', () => {
    const always = ['contents', 'between-looks', 'unconnected-udp']
    const end = ['unknown-clients', 'inside-clients']
    expect(spots({})).toEqual([...always, 'other-users', ...end])
    const root = { user: { uid: 0, sudo: false, home: '/root' } }
    expect(spots(root)).toEqual([...always, ...end])
    const system = {
      ...good.system,
      wsl: true,
      container: 'docker' as const,
      hiddenProcesses: true,
    }
    const servers = { stdio: 1, remote: 2, container: 1 }
    const rest = ['remote-servers', 'container-servers', 'outside-container', 'windows-clients']
    expect(spots({ system, configurations: { ...good.configurations, servers } })).toEqual([
      ...always,
      'other-users',
      'hidden-processes',
      ...end,
      ...rest,
    ])
  })
})
