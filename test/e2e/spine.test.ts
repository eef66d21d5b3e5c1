/** From three clients' configuration files to a true report: real clients, servers, ss and SQLite, in a lab. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Report } from '../../shared/contract/report.ts'
import type { RunningClient } from '../helpers/clients.ts'
import { labObstacle, PROJECT } from '../helpers/lab.ts'
import { prepareScene, type Scene } from '../helpers/spine-scenario.ts'
import { filesBelow } from '../helpers/temp-home.ts'
import { pause, waitFor } from '../helpers/wait-for.ts'
import { getApi, mcpWatch, readReport, startWatcher, type Watcher } from '../helpers/watcher.ts'

const INTERVAL_MS = 1_000
const obstacle = labObstacle()

describe.skipIf(obstacle !== null)(`the spine${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let scene: Scene
  let watcher: Watcher
  let clients: readonly RunningClient[]

  beforeAll(async () => {
    scene = await prepareScene()
    watcher = await startWatcher(scene.lab, scene.home)
    clients = await scene.startClients()
  })

  afterAll(async () => {
    await scene?.end()
  })

  const report = (): Promise<Report> => readReport(scene.lab, scene.home)
  /** The first report that `fits`; the last one is named when none came to. */
  const reportWith = (what: string, fits: (report: Report) => boolean): Promise<Report> =>
    waitFor(
      async () => {
        const now = await report()
        return fits(now) ? now : null
      },
      { what, deadlineMs: 30_000, everyMs: 500 },
    )
  const destinationsOf = (from: Report, name: string): Report['servers'][0]['destinations'] =>
    from.servers.filter((server) => server.name === name).flatMap((server) => server.destinations)
  const flagged = (from: Report): string[] =>
    [...new Set(from.findings.map(({ server, kind }) => `${server}: ${kind}`))].sort()

  it('gives every running copy its configured name and the pid its client started', async () => {
    const expected = clients.flatMap((client) =>
      [...client.roots()].map(([name, pid]) => `${client.id}/${name} ${pid} below ${client.pid}`),
    )
    expect(expected).toHaveLength(11)
    const found = (from: Report): string[] =>
      from.servers.flatMap(({ client, name, instances }) =>
        instances.map((one) => `${client}/${name} ${one.rootPid} below ${one.clientPid}`),
      )
    const all = await reportWith('all instances', (now) => found(now).length >= expected.length)
    expect(found(all).sort()).toEqual(expected.sort())
    const qualities = all.servers.flatMap(({ instances }) => instances.map((one) => one.quality))
    expect(qualities).not.toContain('one-of')
    expect(all.servers.find(({ name }) => name === 'remote')).toMatchObject({
      state: 'remote',
      instances: [],
    })
  })

  it('flags what connects out by TCP, IPv6, UDP and through a child', async () => {
    const { lab, rogue, retitled } = scene
    const { host, host6, sinkPort, ports } = lab.outside
    const child = { act: 'child', host, port: ports.first, holdMs: 1_500 } as const
    await rogue.order(lab, { act: 'tcp', host, port: 443, holdMs: 1_500 })
    await rogue.order(lab, { act: 'tcp', host: host6, port: 443, holdMs: 1_500 })
    await rogue.order(lab, { act: 'udp', host, port: sinkPort, holdMs: 1_500 })
    const { pid: childPid } = await rogue.order(lab, child)
    await retitled.order(lab, { act: 'tcp', host, port: 443, holdMs: 1_500 })
    const seen = await reportWith('six findings', ({ findings }) => findings.length >= 6)
    const facts = seen.findings
      .filter(({ kind }) => kind === 'local-only-egress')
      .map(({ server, destination, severity, process }) => {
        const { protocol, address, port } = destination ?? {}
        return `${server} ${protocol} ${address} ${port} ${severity} ${process?.role}`
      })
    const expected = [
      `retitled tcp ${host} 443 high server`,
      `rogue tcp ${host} 443 high server`,
      `rogue tcp ${host6} 443 high server`,
      `rogue tcp ${host} ${ports.first} high child`,
      `rogue udp ${host} ${sinkPort} low server`,
    ]
    expect(facts.sort()).toEqual(expected.sort())
    const byChild = seen.findings.find(({ process }) => process?.role === 'child')
    expect(byChild?.process?.pid).toBe(childPid)
  })

  it('says of a server that may not be looked into that it may not be', async () => {
    const seen = await reportWith('the sealed server', (now) =>
      flagged(now).includes('sealed: unreadable-server'),
    )
    const sealed = seen.servers.find(({ name }) => name === 'sealed')
    expect(seen.findings.find(({ serverId }) => serverId === sealed?.id)?.severity).toBe('medium')
    expect(seen.coverage.notObserved).toContainEqual({
      serverId: sealed?.id,
      reason: 'process-unreadable',
    })
  })

  it('keeps no record of what other programs of the user connect to', async () => {
    const { lab, home } = scene
    const { host, ports } = lab.outside
    const port = ports.first + 35
    const code = `require('node:net').connect(${port}, '${host}', () => console.log('open'))`
    const other = await lab.start(process.execPath, ['-e', code], { env: home.env })
    await waitFor(() => other.stdout, { what: 'the connection', deadlineMs: 10_000 })
    const enough = Date.now() + 3 * INTERVAL_MS
    const lastTick = async (): Promise<number> => {
      const { lastTickAt } = JSON.parse((await getApi(home, 'health')).body) as Record<
        string,
        string
      >
      return Date.parse(lastTickAt ?? '')
    }
    await waitFor(async () => (await lastTick()) > enough, { what: 'ticks', deadlineMs: 20_000 })
    const recorded = (await report()).servers
      .filter(({ destinations }) => destinations.some((to) => to.port === port))
      .map(({ name }) => name)
    expect(recorded).toEqual([])
    await other.signal('SIGTERM')
  })

  it('lists and does not flag launchers, resolvers and leaked sockets', async () => {
    const { lab, resolver } = scene
    const { registry, nameserver, leakPort } = lab.outside
    for (let i = 0; i < 8; i += 1) {
      await resolver.order(lab, { act: 'resolve', host: `name-${i}.example` })
    }
    const seen = await reportWith('registry, nameserver and leaked socket', (now) =>
      ['cold', 'resolver', 'leaked'].every((name) => destinationsOf(now, name).length > 0),
    )
    const { host, port } = registry
    expect(destinationsOf(seen, 'cold')).toMatchObject([
      { address: host, port, trafficClass: 'launcher', verdict: 'expected', reason: 'registry' },
    ])
    expect(destinationsOf(seen, 'cold')[0]?.owners).toMatchObject([{ role: 'launcher' }])
    expect(destinationsOf(seen, 'resolver')).toMatchObject([
      { address: nameserver.address, port: 53, trafficClass: 'dns', verdict: 'expected' },
    ])
    expect(destinationsOf(seen, 'leaked')).toMatchObject([
      { address: lab.outside.host, port: leakPort, inherited: true, verdict: 'unknown' },
    ])
  })

  it('tells a connection within the interval and a second, at whatever phase it opens', async () => {
    const { lab, rogue } = scene
    const { host, ports } = lab.outside
    const open: { port: number; at: number }[] = []
    for (let port = ports.first + 1; port <= ports.first + 30; port += 1) {
      await pause(Math.random() * INTERVAL_MS)
      const { at } = await rogue.order(lab, { act: 'tcp', host, port, holdMs: 1_500 })
      open.push({ port, at })
    }
    const delays: number[] = []
    for (const { port, at } of open) {
      const { receivedAt } = await watcher.event(
        'finding',
        ({ finding }) => finding.destination?.port === port,
        { what: `the finding for port ${port}`, deadlineMs: 20_000 },
      )
      delays.push(receivedAt - at)
    }
    delays.sort((a, b) => a - b)
    const at = (share: number): number => delays[Math.ceil(share * delays.length) - 1] ?? Infinity
    console.info(`open → finding, 30 starts: p50 ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)} ms`)
    expect(at(0.95)).toBeLessThanOrEqual(INTERVAL_MS + 1_000)
  })

  it('has flagged exactly the misbehaving ones', async () => {
    expect(flagged(await report())).toEqual([
      'retitled: local-only-egress',
      'rogue: local-only-egress',
      'sealed: unreadable-server',
    ])
    expect(watcher.process.stderr).toBe('')
  })

  it('keeps a planted key to itself, wherever it was', async () => {
    const { home, lab, planted } = scene
    const daemon = String(watcher.process.pid)
    const argvWatch = join(PROJECT, 'test/helpers/lab-argv-watch.mjs')
    const look = await lab.start(process.execPath, [argvWatch, daemon, '4000'], { env: home.env })
    const shown = await Promise.all([
      ...['health', 'status', 'servers', 'destinations', 'connections', 'findings', 'report'].map(
        async (path) => (await getApi(home, path)).body,
      ),
      ...['report', 'servers', 'status', 'scan'].flatMap((command) =>
        [[command], [command, '--json']].map(
          async (args) => (await mcpWatch(lab, home, ...args)).stdout,
        ),
      ),
    ])
    for (const text of shown) expect(text).toMatch(/rogue|"ok"/)
    await look.exited(20_000)
    expect(JSON.parse(look.stdout)).not.toEqual([])
    const kept = filesBelow(home.stateFolder)
    expect(kept.map(({ path }) => path.split('/').pop())).toEqual(
      expect.arrayContaining(['watch.db', 'watch.db-wal']),
    )
    const everything = [
      ...shown.map((text, i) => ({ where: `answer ${i}`, bytes: Buffer.from(text) })),
      ...kept.map(({ path, bytes }) => ({ where: path, bytes })),
      ...filesBelow(home.join('run')).map(({ path, bytes }) => ({ where: path, bytes })),
      { where: 'argv of children', bytes: Buffer.from(look.stdout) },
      { where: 'output', bytes: Buffer.from(watcher.process.stdout + watcher.process.stderr) },
    ]
    const leaks = everything.filter(({ bytes }) => bytes.includes(planted))
    expect(leaks.map(({ where }) => where)).toEqual([])
  })
})
