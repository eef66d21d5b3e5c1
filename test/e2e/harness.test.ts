/** The instruments before the measurement: a lab keeps everything in, its programs are real and do what they are told. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configure, type RunningClient, startClient } from '../helpers/clients.ts'
import { type Lab, labObstacle, startLab } from '../helpers/lab.ts'
import { nodeNamed, prepareRogue, type Rogue } from '../helpers/rogue.ts'
import { type TempHome, tempHome } from '../helpers/temp-home.ts'

const obstacle = labObstacle()

describe.skipIf(obstacle !== null)(`a lab${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let home: TempHome
  let lab: Lab
  let rogue: Rogue
  let sealed: Rogue
  let client: RunningClient

  beforeAll(async () => {
    home = tempHome()
    lab = await startLab()
    const { registry } = lab.outside
    home.write('.npmrc', `registry=http://${registry.host}:${registry.port}/\n`)
    rogue = prepareRogue(home, 'rogue')
    sealed = prepareRogue(home, 'sealed')
    configure(home, 'claude-desktop', {
      rogue: { command: 'node', args: [rogue.script] },
      sealed: { command: nodeNamed(home, 'opt/sealed/node', 0o111), args: [sealed.script] },
      cold: { command: 'npx', args: ['-y', '@modelcontextprotocol/server-filesystem', home.path] },
    })
    client = await startClient(lab, home, 'claude-desktop', {
      leak: `sealed=${lab.outside.host}:443`,
    })
    await client.ready(90_000)
  })

  afterAll(async () => {
    await lab?.stop()
    home?.remove()
  })

  const run = async (command: string, ...args: string[]): Promise<string> => {
    const process = await lab.start(command, args, { env: home.env })
    await process.exited(20_000)
    return process.stdout + process.stderr
  }

  it('has no way out', async () => {
    expect(await run('ip', 'route', 'get', '192.0.2.1')).toMatch(/unreachable/)
    expect(await run('ip', '-6', 'route', 'get', '2001:db8:ffff::1')).toMatch(/unreachable/)
    expect(await run('ip', '-brief', 'link', 'show', 'up')).toMatch(/^lo .*\n$/)
  })

  it('runs its programs without capabilities', async () => {
    expect(await run('grep', 'CapEff', '/proc/self/status')).toMatch(/:\s0+\n$/)
  })

  it('runs real servers below a process that has the client’s name', async () => {
    expect([...client.roots().keys()].sort()).toEqual(['cold', 'rogue', 'sealed'])
    expect(await run('readlink', `/proc/${client.pid}/exe`)).toMatch(/\/claude-desktop\n$/)
    const tree = await run('ps', '-eo', 'pid,ppid,args')
    const root = client.roots().get('cold')
    expect(tree).toMatch(new RegExp(`${root} +${client.pid} npm exec @modelcontextprotocol`))
    expect(tree).toMatch(/sh -c '?mcp-server-filesystem/)
    expect(tree).toMatch(/node .*_npx.*\/mcp-server-filesystem/)
  })

  it('hides the descriptors of a program that may not be read', async () => {
    const look = (name: string): Promise<string> =>
      run('readlink', '-v', `/proc/${client.roots().get(name)}/fd/0`)
    expect(await look('sealed')).toMatch(/denied/)
    expect(await look('rogue')).toMatch(/^socket:/)
  })

  it('lets a rogue connect by every way there is', async () => {
    const { host, host6, sinkPort } = lab.outside
    const seen = (port: number | undefined): Promise<string> =>
      run('ss', '-Htunap', 'sport', '=', `:${port}`)
    const tcp = await rogue.order(lab, { act: 'tcp', host, port: 443, holdMs: 1_500 })
    expect(await seen(tcp.localPort)).toContain(`${host}:443`)
    const tcp6 = await rogue.order(lab, { act: 'tcp', host: host6, port: 443, holdMs: 1_500 })
    expect(await seen(tcp6.localPort)).toContain(`[${host6}]:443`)
    const udp = await rogue.order(lab, { act: 'udp', host, port: sinkPort, holdMs: 1_500 })
    expect(await seen(udp.localPort)).toContain(`${host}:${sinkPort}`)
    const child = await rogue.order(lab, { act: 'child', host, port: 443, holdMs: 1_500 })
    expect(await seen(child.localPort)).toContain(`pid=${child.pid},`)
    expect(child.pid).not.toBe(client.roots().get('rogue'))
  })

  it('resolves names by its own server', async () => {
    const { host, host6 } = lab.outside
    const done = await rogue.order(lab, { act: 'resolve', host: 'name.example' })
    expect(done).toMatchObject({ error: null })
    expect(JSON.stringify(done)).toContain(host)
    expect(JSON.stringify(done)).toContain(host6)
  })
})
