/**
 * Remote entries and bridges: a real client's own connections to the host of its entry are counted and nothing else of
 * it is written anywhere; a program packaged as a bridge is held to the host that its entry names.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serversSchema, statusSchema } from '../../shared/contract/answers.ts'
import type { Report } from '../../shared/contract/report.ts'
import { configure, type RunningClient, startClient } from '../helpers/clients.ts'
import { type Lab, labObstacle, startLab } from '../helpers/lab.ts'
import { filesBelow, type TempHome, tempHome } from '../helpers/temp-home.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { getApi, mcpWatch, readReport, startWatcher, type Watcher } from '../helpers/watcher.ts'

/** Speaks MCP with its client, and connects where its own arguments and the file beside it say. */
const BRIDGE = `
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
const { hostname, port } = new URL(process.argv[2])
const more = readFileSync(new URL('more.json', import.meta.url), 'utf8')
for (const [host, to] of [[hostname, Number(port || 443)], ...JSON.parse(more)]) connect(to, host)
const serverInfo = { name: 'bridge', version: '1.0.0' }
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (id === undefined) return
  const hello = { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo }
  const result = method === 'initialize' ? hello : { tools: [] }
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n')
})`
const SECRET_PATH = 'kept-in-the-configuration-only'

const obstacle = labObstacle()

describe.skipIf(obstacle !== null)(`remote servers${obstacle ? ` (${obstacle})` : ''}`, () => {
  let home: TempHome
  let lab: Lab
  let watcher: Watcher
  let client: RunningClient

  const url = (place: string) => ({ url: `https://${place}/${SECRET_PATH}`, headers: {} })
  const of = ({ servers }: Report, name: string): Report['servers'][0] => {
    const found = servers.find((each) => each.name === name)
    if (found === undefined) throw new Error(`${name} is not among the servers`)
    return found
  }
  const reportWith = (what: string, fits: (report: Report) => boolean): Promise<Report> =>
    waitFor(
      async () => {
        const now = await readReport(lab, home)
        return fits(now) ? now : null
      },
      { what, deadlineMs: 40_000, everyMs: 300 },
    )

  beforeAll(async () => {
    home = tempHome()
    lab = await startLab()
    const { host, host6, ports, leakPort, registry } = lab.outside
    const bridge = 'lib/node_modules/mcp-remote'
    const about = { name: 'mcp-remote', version: '0.1.18', type: 'module' }
    home.write(`${bridge}/package.json`, JSON.stringify(about))
    home.write(
      `${bridge}/dist/more.json`,
      JSON.stringify([
        [host6, 443],
        [host, ports.first],
      ]),
    )
    const script = home.write(`${bridge}/dist/proxy.js`, BRIDGE)
    configure(home, 'cursor', {
      named: url('remote.example'),
      literal: url(`${host}:${leakPort}`),
      quiet: url(`quiet.example:${ports.first + 30}`),
      twin: url('twin.example:443'),
      bridge: { command: 'node', args: [script, `https://${host}/${SECRET_PATH}`] },
    })
    configure(home, 'codex', { idle: url('idle.example') })
    watcher = await startWatcher(lab, home)
    const own = [`${host}:443`, `${host}:${leakPort}`, `${registry.host}:${registry.port}`]
    const args = own.flatMap((place) => ['--own', place])
    client = await startClient(lab, home, 'cursor', { args })
    await client.ready(30_000)
  })

  afterAll(async () => {
    await lab?.stop()
    home?.remove()
  })

  it('counts its client’s connections to the host by name and to the address', async () => {
    const { host } = lab.outside
    const report = await reportWith('both are counted', (now) =>
      ['named', 'literal', 'twin'].every((name) => of(now, name).reached !== null),
    )
    expect(of(report, 'named')).toMatchObject({
      state: 'remote',
      reached: { connections: 1, open: 1, addresses: [host], shared: [{ server: 'twin' }] },
      destinations: [],
    })
    expect(of(report, 'literal').reached).toMatchObject({ connections: 1, open: 1, shared: [] })
    expect(of(report, 'twin').reached?.shared).toMatchObject([{ server: 'named' }])
    expect(of(report, 'quiet').reached).toBeNull()
    expect(of(report, 'idle').reached).toBeNull()
    const about = report.findings.filter(({ server }) => server !== 'bridge')
    expect(about).toEqual([])
    const reasons = report.coverage.notObserved
      .filter(({ serverId }) => serverId === of(report, 'named').id)
      .map(({ reason }) => reason)
    expect(reasons).toEqual(['remote-transport'])
  })

  it('says the same in status and in words', async () => {
    const { servers } = statusSchema.parse(JSON.parse((await getApi(home, 'status')).body))
    expect(servers.find(({ name }) => name === 'literal')?.reached).toMatchObject({ open: 1 })
    const { stdout } = await mcpWatch(lab, home, 'servers')
    expect(stdout).toMatch(/^literal: 1 connection of cursor since .*, 1 open now, to /m)
    expect(stdout).toContain('says the entry itself')
    const json = await mcpWatch(lab, home, 'servers', '--json')
    const listed = serversSchema.parse(JSON.parse(json.stdout)).servers
    expect(listed.find(({ name }) => name === 'bridge')).toMatchObject({
      expectation: 'rules',
      expectationSource: 'configuration',
      rules: [`${lab.outside.host}:443`],
    })
  })

  it('holds a bridge to the host of its entry', async () => {
    const { host, host6, ports } = lab.outside
    const report = await reportWith('all three are judged', (now) => {
      return of(now, 'bridge').destinations.length >= 3
    })
    const told = of(report, 'bridge').destinations.map(
      ({ address, port, verdict, reason }) => `${address} ${port} ${verdict} ${reason}`,
    )
    expect(told.sort()).toEqual(
      [
        `${host} ${ports.first} unexpected not-declared`,
        `${host} 443 expected declared`,
        `${host6} 443 unknown maybe-sign-in`,
      ].sort(),
    )
    expect(
      report.findings.map(({ server, kind, destination }) => [server, kind, destination?.port]),
    ).toEqual([['bridge', 'undeclared-destination', ports.first]])
  })

  it('sees that they are over when the client ends', async () => {
    await client.process.signal('SIGKILL')
    const report = await reportWith('none is open', (now) => of(now, 'named').reached?.open === 0)
    expect(of(report, 'named').reached).toMatchObject({ connections: 1, open: 0 })
    expect(of(report, 'literal').reached).toMatchObject({ connections: 1, open: 0 })
  })

  it('keeps nothing else of the client: in no file, line or event', async () => {
    await watcher.process.signal('SIGTERM')
    await watcher.process.exited(20_000)
    const { registry, host } = lab.outside
    const texts = filesBelow(home.stateFolder).map(({ bytes }) => bytes.toString('latin1'))
    const all = [...texts, watcher.process.stdout, watcher.process.stderr].join('\n')
    expect(all).toContain(host)
    expect(all).not.toContain(registry.host)
    expect(all).not.toContain(SECRET_PATH)
  })
})
