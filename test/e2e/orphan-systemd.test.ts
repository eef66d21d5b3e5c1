/** Servers that a real `systemd --user` has below it: those it took over from a client, and those it started itself. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { statusSchema } from '../../shared/contract/answers.ts'
import type { Report } from '../../shared/contract/report.ts'
import { type StatesClient, type StatesScene, statesScene } from '../helpers/states-scene.ts'
import { startUserManager, type UserManager, userManagerObstacle } from '../helpers/user-manager.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { mcpWatch, startWatcher, type Watcher } from '../helpers/watcher.ts'

const obstacle = userManagerObstacle()
const title = `servers below a user’s systemd${obstacle === null ? '' : ` (${obstacle})`}`

type Server = Report['servers'][0]
const AT_STDIN = 'client-at-stdin'

describe.skipIf(obstacle !== null)(title, () => {
  let scene: StatesScene
  let manager: UserManager
  let watcher: Watcher
  const pids = new Map<string, number>()

  const named = (report: Report, name: string): Server | undefined =>
    report.servers.find((each) => each.name === name)
  const isIn = (report: Report, name: string, state: Server['state']): boolean =>
    named(report, name)?.state === state
  const statusState = async (name: string): Promise<string | undefined> => {
    const { stdout } = await mcpWatch(scene.lab, scene.home, 'status', '--json')
    const { servers } = statusSchema.parse(JSON.parse(stdout))
    return servers.find((each) => each.name === name)?.state
  }
  const text = async (...words: readonly string[]): Promise<string> =>
    (await mcpWatch(scene.lab, scene.home, ...words)).stdout
  const orphansOf = ({ findings }: Report, name: string) =>
    findings.filter(({ kind, server }) => kind === 'orphan-egress' && server === name)

  const startBelow = async (unit: 'service' | 'scope', name: string): Promise<StatesClient> => {
    const client = await scene.client('cursor', [], manager.around(unit))
    pids.set(name, await client.run(scene.line(name)))
    return client
  }
  /** Kills the client of a server, and waits for systemd to have the server. */
  const leave = async (name: string): Promise<number> => {
    const pid = pids.get(name) ?? 0
    await scene.lab.signal(await manager.parentOf(pid), 'SIGKILL')
    await waitFor(async () => (await manager.parentOf(pid)) === manager.pid, {
      what: `systemd takes over ${name}`,
      deadlineMs: 10_000,
    })
    return pid
  }
  const send = async (name: string, offset: number): Promise<{ host: string; port: number }> => {
    const { host, ports } = scene.lab.outside
    const port = ports.first + offset
    await scene.send(name, pids.get(name) ?? 0, host, port)
    return { host, port }
  }

  beforeAll(async () => {
    scene = await statesScene()
    manager = await startUserManager(scene.lab, scene.home)
    scene.declare('cursor', ['served', 'scoped', 'unseen', 'handed', 'kept', 'forked'])
    watcher = await startWatcher(scene.lab, scene.home)
  })

  afterAll(async () => {
    await scene?.end()
    await manager?.clear()
  })

  it.each([
    ['a service', 'service', 'served'],
    ['a scope', 'scope', 'scoped'],
  ] as const)('orphaned when the client was %s and is killed', async (_, unit, name) => {
    await startBelow(unit, name)
    const running = await scene.reportWith('the server', (now) => isIn(now, name, 'running'))
    const [instance] = named(running, name)?.instances ?? []
    expect(instance).toMatchObject({ rootPid: pids.get(name), client: 'cursor', quality: 'exact' })
    expect(instance?.clientPid).toBe(await manager.parentOf(pids.get(name) ?? 0))
    await leave(name)
    await scene.reportWith('the orphan', (now) => isIn(now, name, 'orphaned'))
    expect(await statusState(name)).toBe('orphaned')
    expect(await text('servers')).toMatch(new RegExp(`${name} +cursor +running without its client`))
  })

  it('told of when it connects out', async () => {
    const { host, port } = await send('served', 1)
    const told = await scene.reportWith('the finding', (now) => orphansOf(now, 'served').length > 0)
    expect(orphansOf(told, 'served')).toMatchObject([
      { severity: 'medium', count: 1, destination: { address: host, port } },
    ])
    expect(orphansOf(told, 'served')[0]?.explanation).toContain(`kill ${pids.get('served')}`)
    expect(await text('report')).toContain('The server "served" of cursor runs without its client')
  })

  it('orphaned with its client’s end where systemd had it before', async () => {
    const client = await scene.client('cursor', ['--spare-pipe'], manager.around('scope'))
    const [command, ...args] = scene.line('handed')
    const quoted = [command, ...args].map((word) => `'${word}'`).join(' ')
    await client.run(['sh', '-c', `${quoted} <&3 3<&- & exit 0`])
    const report = await scene.reportWith('the server', (now) => isIn(now, 'handed', 'running'))
    const [instance] = named(report, 'handed')?.instances ?? []
    expect(instance).toMatchObject({
      client: 'cursor',
      reasons: expect.arrayContaining([AT_STDIN]),
    })
    expect(await manager.parentOf(instance?.rootPid ?? 0)).toBe(manager.pid)
    await scene.lab.signal(instance?.clientPid ?? 0, 'SIGKILL')
    await scene.reportWith('the orphan', (now) => isIn(now, 'handed', 'orphaned'))
  })

  it.each([
    ['kept', 'simple', 2],
    ['forked', 'forking', 3],
  ] as const)('no orphan where systemd itself started it: %s', async (name, type, offset) => {
    const pid = await manager.serve(name, scene.line(name), type)
    pids.set(name, pid)
    expect(await manager.parentOf(pid)).toBe(manager.pid)
    const seen = await scene.reportWith(
      'the service',
      (now) => (named(now, name)?.instances.length ?? 0) > 0,
    )
    expect(named(seen, name)).toMatchObject({
      state: 'running',
      instances: [{ rootPid: pid, client: null, quality: 'no-client' }],
    })
    const { host, port } = await send(name, offset)
    const report = await scene.reportWith(
      'its connection',
      (now) => (named(now, name)?.destinations.length ?? 0) > 0,
    )
    expect(named(report, name)?.destinations).toMatchObject([{ address: host, port }])
    expect(orphansOf(report, name)).toEqual([])
  })

  it('the same after a restart, and for one that was orphaned meanwhile', async () => {
    await watcher.process.signal('SIGTERM')
    await watcher.process.exited(20_000)
    await startBelow('service', 'unseen')
    await leave('unseen')
    watcher = await startWatcher(scene.lab, scene.home)
    for (const name of ['served', 'scoped', 'unseen'])
      await waitFor(async () => (await statusState(name)) === 'orphaned', {
        what: `${name} is an orphan`,
        deadlineMs: 20_000,
        everyMs: 300,
      })
    for (const name of ['kept', 'forked']) expect(await statusState(name)).toBe('running')
    await send('kept', 4)
    for (const [name, offset] of [['scoped', 5] as const, ['unseen', 6] as const]) {
      await send(name, offset)
      await scene.reportWith('the finding', (now) => orphansOf(now, name).length > 0)
    }
    const report = await scene.reportWith(
      'both connections of the service',
      (now) => named(now, 'kept')?.destinations.length === 2,
    )
    expect(named(report, 'kept')?.state).toBe('running')
    expect(orphansOf(report, 'kept')).toEqual([])
  })
})
