/**
 * Entries with an address on this machine: real HTTP servers that nobody's client started, found by the port they
 * listen on, watched and judged like any other.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Status, statusSchema } from '../../shared/contract/answers.ts'
import { configure } from '../helpers/clients.ts'
import { type Lab, labObstacle, PROJECT, startLab } from '../helpers/lab.ts'
import type { LabProcess } from '../helpers/lab-channel.ts'
import { nodeNamed, prepareRogue, type Rogue } from '../helpers/rogue.ts'
import { type TempHome, tempHome } from '../helpers/temp-home.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { getApi, mcpWatch, readReport, startWatcher } from '../helpers/watcher.ts'

const EVERYTHING = join(
  PROJECT,
  'node_modules/@modelcontextprotocol/server-everything/dist/index.js',
)
/** Listens where it is told to, and does nothing else. */
const LISTENER = `
  const { createServer } = require('node:http')
  const [host, port] = process.argv.slice(1)
  createServer((_, answer) => answer.end()).listen(Number(port), host)`
const SHARED = 3001
const OWN = 3002
const TWICE = 3003
const MOVED = 3004
const BOTH = 3007

type ServerNow = Status['servers'][0]

const obstacle = labObstacle()

describe.skipIf(obstacle !== null)(`HTTP servers here${obstacle ? ` (${obstacle})` : ''}`, () => {
  let home: TempHome
  let lab: Lab
  let rogue: Rogue
  let server: LabProcess

  const url = (host: string, port: number) => ({ url: `http://${host}:${port}/mcp`, headers: {} })
  const status = async (): Promise<Status> =>
    statusSchema.parse(JSON.parse((await getApi(home, 'status')).body))
  const named = async (name: string, client: string): Promise<ServerNow> => {
    const { servers } = await status()
    const found = servers.find((each) => each.name === name && each.client === client)
    if (found === undefined) throw new Error(`${name} is not among the servers`)
    return found
  }
  const notObserved = async (): Promise<readonly string[]> => {
    const { coverage, servers } = await readReport(lab, home)
    return coverage.notObserved.map(
      ({ serverId, reason }) => `${servers.find(({ id }) => id === serverId)?.name} ${reason}`,
    )
  }
  const listen = (program: string, host: string, port: number): Promise<LabProcess> =>
    lab.start(program, ['-e', LISTENER, host, String(port)], { env: home.env })
  /** server-everything on every address, with orders to be had. */
  const serve = (port: number): Promise<LabProcess> =>
    lab.start(
      process.execPath,
      ['--import', join(rogue.script, '../misbehave.mjs'), EVERYTHING, 'streamableHttp'],
      { env: { ...home.env, PORT: String(port) } },
    )
  const runsAs = (pid: number, name: string, client: string): Promise<ServerNow> =>
    waitFor(
      async () => {
        // An entry that is new is not known at once.
        const now = await named(name, client).catch(() => null)
        return now?.instances.some(({ rootPid }) => rootPid === pid) ? now : null
      },
      { what: `${name} of ${client} is process ${pid}`, deadlineMs: 20_000 },
    )

  beforeAll(async () => {
    home = tempHome()
    lab = await startLab()
    rogue = prepareRogue(home, 'rogue')
    configure(home, 'cursor', {
      shared: url('localhost', SHARED),
      inside: url('127.0.0.1', OWN),
      remote: url('remote.example', 443),
    })
    configure(home, 'claude-desktop', { everything: url('127.0.0.1', SHARED) })
    configure(home, 'codex', { twice: url('localhost', TWICE) })
    await startWatcher(lab, home)
  })

  afterAll(async () => {
    await lab?.stop()
    home?.remove()
  })

  it('are not seen running while nobody listens there, and no more than that', async () => {
    expect((await named('shared', 'cursor')).state).toBe('never-seen')
    expect((await named('remote', 'cursor')).state).toBe('remote')
    expect(await notObserved()).toEqual(['remote remote-transport'])
  })

  it('are found soon by their port, one copy for all entries that name it', async () => {
    server = await serve(SHARED)
    await waitFor(
      () => server.stderr.includes(`${SHARED}`) || server.stdout.includes(`${SHARED}`),
      {
        what: () => `it listens (${server.stdout} ${server.stderr})`,
        deadlineMs: 20_000,
        everyMs: 5,
      },
    )
    const listening = Date.now()
    const found = await runsAs(server.pid, 'shared', 'cursor')
    const tookMs = Date.now() - listening
    expect(found).toMatchObject({
      state: 'running',
      instances: [{ quality: 'listener', reasons: ['listening-port'] }],
    })
    const serves = found.instances.flatMap(({ oneOf }) => oneOf.map(({ server }) => server))
    expect(serves.toSorted()).toEqual(['everything', 'shared'])
    expect((await named('everything', 'claude-desktop')).instances).toEqual(found.instances)
    console.log(`found after ${tookMs} ms`)
    expect(tookMs).toBeLessThan(2_000)
  })

  it('are judged: what they connect to is theirs', async () => {
    const { host, ports } = lab.outside
    await rogue.order(lab, { act: 'tcp', host, port: ports.first, holdMs: null })
    const seen = async (name: string) =>
      (await readReport(lab, home)).servers
        .find((each) => each.name === name)
        ?.destinations.find(({ port }) => port === ports.first)
    for (const name of ['shared', 'everything']) {
      const to = await waitFor(() => seen(name), {
        what: `it is seen (${name})`,
        deadlineMs: 15_000,
      })
      expect(to).toMatchObject({
        address: host,
        verdict: 'unexpected',
        owners: [{ pid: server.pid, role: 'server' }],
      })
    }
  })

  it('are told of where other machines reach them, with the addresses', async () => {
    const { findings } = await readReport(lab, home)
    const exposed = findings.filter(({ kind }) => kind === 'exposed-listener')
    expect(exposed.length).toBeGreaterThan(0)
    for (const { explanation } of exposed) {
      expect(explanation).toContain(`listens on TCP port ${SHARED} on every address`)
      expect(explanation).toContain('198.51.100.2 (lo)')
      expect(explanation).toMatch(/^The server of the entries "/)
    }
  })

  it('are found again after a restart, and known from who takes their port', async () => {
    await server.signal('SIGKILL')
    await server.exited(5_000)
    const ended = await waitFor(
      async () => {
        const now = await named('shared', 'cursor')
        return now.instances.length === 0 ? now : null
      },
      { what: 'it has ended', deadlineMs: 10_000 },
    )
    expect(ended.state).toBe('ended')
    server = await serve(SHARED)
    expect((await runsAs(server.pid, 'shared', 'cursor')).instances).toHaveLength(1)
    await server.signal('SIGKILL')
    await server.exited(5_000)
    const other = await listen(nodeNamed(home, 'opt/other/taker'), '127.0.0.1', SHARED)
    const { instances } = await runsAs(other.pid, 'everything', 'claude-desktop')
    expect(instances).toHaveLength(1)
    await other.signal('SIGKILL')
  })

  it('end with their address in the configuration', async () => {
    const old = await listen(process.execPath, '127.0.0.1', MOVED)
    configure(home, 'codex', { moving: url('localhost', MOVED), twice: url('localhost', TWICE) })
    await runsAs(old.pid, 'moving', 'codex')
    configure(home, 'codex', {
      moving: url('localhost', MOVED + 1),
      twice: url('localhost', TWICE),
    })
    await waitFor(async () => (await named('moving', 'codex')).state === 'ended', {
      what: 'it is no more the entry’s',
      deadlineMs: 10_000,
    })
    const { coverage, servers } = await readReport(lab, home)
    const { id } = servers.find(({ name }) => name === 'moving') ?? {}
    expect(coverage.notObserved.filter(({ serverId }) => serverId === id)).toEqual([])
    await old.signal('SIGKILL')
  })

  it('are another entry’s where that started what answers', async () => {
    const script = home.write('both/server.cjs', LISTENER.replace('slice(1)', 'slice(2)'))
    const args = [script, '127.0.0.1', String(BOTH)]
    configure(home, 'codex', {
      started: { command: process.execPath, args },
      reached: url('127.0.0.1', BOTH),
      twice: url('localhost', TWICE),
    })
    const both = await lab.start(process.execPath, args, { env: home.env })
    await runsAs(both.pid, 'started', 'codex')
    const state = async () => (await named('reached', 'codex')).state
    await waitFor(async () => (await state()) === 'answered', {
      what: 'somebody answers',
      deadlineMs: 10_000,
    })
    const { servers } = await readReport(lab, home)
    expect(servers.find(({ name }) => name === 'reached')).toMatchObject({
      answeredBy: 'other-entry',
      instances: [],
    })
    await both.signal('SIGKILL')
  })

  it('are not named where the client itself listens', async () => {
    const client = await listen(nodeNamed(home, 'opt/cursor/cursor'), '127.0.0.1', OWN)
    const inside = await waitFor(
      async () => {
        const now = await named('inside', 'cursor')
        return now.state === 'never-seen' ? null : now
      },
      { what: 'the listener of the client is seen', deadlineMs: 10_000 },
    )
    expect(inside).toMatchObject({ state: 'in-client', instances: [] })
    expect(await notObserved()).toContain('inside in-client')
    await client.signal('SIGKILL')
  })

  it('are not named where two programs share a port', async () => {
    const four = await listen(process.execPath, '127.0.0.1', TWICE)
    await runsAs(four.pid, 'twice', 'codex')
    const six = await listen(process.execPath, '::1', TWICE)
    await waitFor(async () => (await notObserved()).includes('twice listener-not-told'), {
      what: 'it cannot be told',
      deadlineMs: 15_000,
    })
    // The one that was known before goes on; of an entry that is new since, nobody is.
    expect((await named('twice', 'codex')).state).toBe('running')
    const first = (await readReport(lab, home)).servers.find(({ name }) => name === 'twice')
    expect(first).toMatchObject({ state: 'running', answeredBy: 'listener-not-told' })
    configure(home, 'codex', { twice: url('localhost', TWICE), later: url('localhost', TWICE) })
    await waitFor(
      async () => {
        const { servers } = await readReport(lab, home)
        return servers.find(({ name }) => name === 'later')?.answeredBy === 'listener-not-told'
      },
      { what: 'somebody answers', deadlineMs: 15_000 },
    )
    expect((await named('later', 'codex')).state).toBe('answered')
    await six.signal('SIGKILL')
    await four.signal('SIGKILL')
  })

  it('are known to scan at once, and to a daemon that starts', async () => {
    server = await serve(SHARED)
    await runsAs(server.pid, 'shared', 'cursor')
    const { stdout } = await mcpWatch(lab, home, 'scan', '--json')
    const seen = (JSON.parse(stdout) as { servers: ServerNow[] }).servers
    expect(seen.find(({ name }) => name === 'shared')?.state).toBe('running')
  })
})
