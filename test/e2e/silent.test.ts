/**
 * What must stay silent: real clients and servers whose traffic is in order and can look as if it were not. Every test
 * first makes sure that the thing happened and was seen.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Report } from '../../shared/contract/report.ts'
import { NEARBY } from '../helpers/quiet-servers.ts'
import { type SilentScene, silentObstacle, silentScene } from '../helpers/silent-scene.ts'

const obstacle = silentObstacle()
const title = `nothing is told of${obstacle === null ? '' : ` (${obstacle})`}`
type Destination = Report['servers'][0]['destinations'][0]

describe.skipIf(obstacle !== null)(title, () => {
  let scene: SilentScene

  beforeAll(async () => {
    scene = await silentScene()
    await scene.lookedAgain()
  })

  afterAll(async () => {
    await scene?.end()
  })

  const serverOf = (report: Report, name: string): Report['servers'][0] => {
    const server = report.servers.find((each) => each.name === name)
    if (server === undefined) throw new Error(`${name} is not among the servers`)
    return server
  }
  const findingsOf = (report: Report, name: string): string[] =>
    report.findings
      .filter(({ server }) => server === name)
      .map(({ kind, severity }) => `${kind} ${severity}`)
  /** Once something of the server `fits`: everything it was seen with. Nothing was found wrong with it. */
  const seen = async (
    name: string,
    fits: (to: Destination) => boolean,
    findings: readonly string[] = [],
  ): Promise<readonly Destination[]> => {
    const report = await scene.reportWith(`${name} is seen connected`, (now) =>
      serverOf(now, name).destinations.some(fits),
    )
    expect(findingsOf(report, name)).toEqual(findings)
    return serverOf(report, name).destinations
  }
  const to =
    (port: number) =>
    (destination: Destination): boolean =>
      destination.port === port

  it.each(['cold', 'warm'])('npx, %s, at the registry that .npmrc names', async (name) => {
    const { host, port } = scene.lab.outside.registry
    expect(await seen(name, to(port))).toMatchObject([
      { address: host, trafficClass: 'launcher', verdict: 'expected', reason: 'registry' },
    ])
  })

  it('an install script that stays on this machine', async () => {
    const all = await seen('installing', to(5432))
    const script = all.find(to(5432))
    expect(script).toMatchObject({ trafficClass: 'install', verdict: 'expected' })
    expect(script?.owners.map(({ role }) => role)).toEqual(['install'])
  })

  it('an address chosen by a UDP socket of port 0', async () => {
    const { host } = scene.lab.outside
    const look = await scene.lab.start('ss', ['-Hun', 'dst', host], { env: scene.home.env })
    await look.exited(5_000)
    expect(look.stdout).toContain(`${host}:* `)
    const report = await scene.report()
    expect(serverOf(report, 'port-zero').destinations).toEqual([])
    expect(findingsOf(report, 'port-zero')).toEqual([])
  })

  it('an address set on a UDP socket with nothing sent, beyond a low finding', async () => {
    await seen('aiming', to(443), ['local-only-egress low'])
  })

  it('questions to the nameserver', async () => {
    expect(await seen('resolving', to(53))).toMatchObject([
      { trafficClass: 'dns', verdict: 'expected', reason: 'nameserver' },
    ])
  })

  it('mDNS from a socket that is not connected', async () => {
    const report = await scene.report()
    expect(serverOf(report, 'neighbours').state).toBe('running')
    expect(serverOf(report, 'neighbours').destinations).toEqual([])
    expect(findingsOf(report, 'neighbours')).toEqual([])
  })

  it('an IPv6 neighbour, where the local network is expected', async () => {
    expect(await seen('link-local', to(NEARBY.linkLocal.port))).toMatchObject([
      { address: 'fe80::99', scope: 'link-local', verdict: 'expected' },
    ])
  })

  it('a database on this machine', async () => {
    expect(await seen('own-database', to(NEARBY.database.port))).toMatchObject([
      { address: '127.0.0.1', scope: 'loopback', verdict: 'expected' },
    ])
  })

  it('a database at a private address, where the local network is expected', async () => {
    expect(await seen('near-database', to(NEARBY.database.port))).toMatchObject([
      { address: NEARBY.database.host, scope: 'private', verdict: 'expected' },
    ])
  })

  it.each([
    ['listening', 'lasts'],
    ['listening-once', 'is closed'],
    ['activated', 'came as descriptor 3'],
  ])('who comes to a server (%s) whose listener %s', async (name) => {
    const all = await seen(name, ({ direction }) => direction === 'inbound')
    expect(all).toMatchObject([
      { scope: 'loopback', open: 1, verdict: 'expected', reason: 'inbound-local' },
    ])
  })

  it.each([
    ['leaked', 'inherited'],
    ['passed', 'passed over a Unix socket'],
    ['handed', 'passed over a Unix socket and closed by the client'],
  ])('what its client connected (%s): %s', async (name) => {
    expect(await seen(name, to(scene.lab.outside.leakPort))).toMatchObject([
      { inherited: true, verdict: 'unknown', reason: 'inherited', open: 1 },
    ])
  })

  it('git, pushing for a server that is known to start it', async () => {
    const { host, port } = NEARBY.remote
    const all = await seen('pushing', to(port))
    expect(all).toMatchObject([{ address: host, verdict: 'expected', open: 1 }])
    expect(all[0]?.owners).toMatchObject([{ role: 'child' }])
    expect(serverOf(await scene.report(), 'pushing').expectation).toBe('local-only')
  })

  it('a client that another client starts, and the servers of both', async () => {
    const report = await scene.reportWith('the servers of the inner client', (now) => {
      const { instances } = serverOf(now, 'from-code')
      return instances.filter(({ clientPid }) => clientPid !== null).length === 2
    })
    // One below Claude Desktop itself, one below a server of it.
    expect(serverOf(report, 'from-code')).toMatchObject({
      client: 'claude-code',
      destinations: [],
      instances: [{ quality: 'exact' }, { quality: 'exact' }],
    })
    const connected = report.servers
      .filter(({ destinations }) => destinations.some(to(443)))
      .map(({ name }) => name)
    // What a server starts, it does: also when that is a client.
    expect(connected.sort()).toEqual(['agent', 'aiming'])
    expect([...findingsOf(report, 'agent'), ...findingsOf(report, 'from-code')]).toEqual([])
  })

  it('any of it on the desktop, or as an error', async () => {
    await scene.settled()
    const report = await scene.report()
    expect(report.findings.map(({ server, severity }) => `${server} ${severity}`)).toEqual([
      'aiming low',
    ])
    expect(scene.desktop.shown).toEqual([])
    expect(scene.watcher.process.stderr).toBe('')
  })
})
