/** What a server can be besides running: each made for real in a lab, and shown by report, servers and status. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { statusSchema } from '../../shared/contract/answers.ts'
import type { Report } from '../../shared/contract/report.ts'
import { labObstacle } from '../helpers/lab.ts'
import { python } from '../helpers/quiet-servers.ts'
import { type StatesClient, type StatesScene, statesScene } from '../helpers/states-scene.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { mcpWatch, startWatcher, type Watcher } from '../helpers/watcher.ts'

const obstacle = labObstacle()
const title = `the states of servers${obstacle === null ? '' : ` (${obstacle})`}`
const DECLARED = ['twice', 'gone', 'lonely', 'reaped', 'inherited', 'never', 'both']

/** Takes over what loses its parent below it, and runs the rest of its words (prctl(2), PR_SET_CHILD_SUBREAPER). */
const SUBREAPER = `
import ctypes, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(36, 1, 0, 0, 0) == 0
child = subprocess.Popen(sys.argv[1:])
child.wait()
import time
while True:
    time.sleep(60)
`

type Server = Report['servers'][0]

describe.skipIf(obstacle !== null)(title, () => {
  let scene: StatesScene
  let cursor: StatesClient
  let watcher: Watcher
  const pids = new Map<string, number>()

  const named = (report: Report, name: string, client = 'cursor'): Server => {
    const server = report.servers.find((each) => each.name === name && each.client === client)
    if (server === undefined) throw new Error(`${name} of ${client} is not among the servers`)
    return server
  }
  const stateOf = (report: Report, name: string): string =>
    report.servers.find((each) => each.name === name && each.client === 'cursor')?.state ?? 'none'
  const statusState = async (name: string): Promise<string | undefined> => {
    const { stdout } = await mcpWatch(scene.lab, scene.home, 'status', '--json')
    const status = statusSchema.parse(JSON.parse(stdout))
    return status.servers.find((each) => each.name === name && each.client === 'cursor')?.state
  }
  const text = async (...words: readonly string[]): Promise<string> =>
    (await mcpWatch(scene.lab, scene.home, ...words)).stdout
  const start = async (client: StatesClient, name: string): Promise<number> => {
    const pid = await client.run(scene.line(name))
    pids.set(name, pid)
    return pid
  }
  const isRunning = (report: Report, name: string): boolean => stateOf(report, name) === 'running'

  beforeAll(async () => {
    scene = await statesScene()
    scene.declare('cursor', DECLARED)
    scene.declare('codex', ['both'])
    watcher = await startWatcher(scene.lab, scene.home)
    cursor = await scene.client('cursor')
    for (const name of ['twice', 'twice', 'gone', 'both']) await start(cursor, name)
  })

  afterAll(async () => {
    await scene?.end()
  })

  it('several copies of one entry, of two clients', async () => {
    const other = await scene.client('cursor')
    await start(other, 'twice')
    const report = await scene.reportWith(
      'three copies',
      (now) => named(now, 'twice').instances.length === 3,
    )
    const { state, instances } = named(report, 'twice')
    expect(state).toBe('running')
    expect(instances.map(({ client, clientPid }) => `${client} ${clientPid}`).sort()).toEqual(
      [cursor.pid, cursor.pid, other.pid].map((pid) => `cursor ${pid}`).sort(),
    )
    expect(await text('servers')).toMatch(/twice +cursor +running ×3/)
    expect(await text('report')).toContain('3 copies run: process ')
    expect(await text('status')).toMatch(/twice +cursor +running ×3/)
  })

  it('one entry in two clients', async () => {
    const report = await scene.reportWith(
      'both entries',
      (now) => named(now, 'both').alsoIn.length > 0,
    )
    expect(named(report, 'both').alsoIn).toMatchObject([{ server: 'both', client: 'codex' }])
    expect(named(report, 'both', 'codex').alsoIn).toMatchObject([
      { server: 'both', client: 'cursor' },
    ])
    expect(named(report, 'twice').alsoIn).toEqual([])
    expect(await text('servers')).toContain('is also in: cursor (as both)')
    expect(await text('report')).toContain('also in: codex (as both)')
  })

  it('configured and never seen', async () => {
    const report = await scene.reportWith('the servers', (now) => isRunning(now, 'gone'))
    expect(stateOf(report, 'never')).toBe('never-seen')
    expect(await statusState('never')).toBe('never-seen')
  })

  it('running and no longer configured', async () => {
    await scene.reportWith('the copy', (now) => isRunning(now, 'gone'))
    scene.declare(
      'cursor',
      DECLARED.filter((name) => name !== 'gone'),
    )
    const report = await scene.reportWith(
      'the removal',
      (now) => stateOf(now, 'gone') === 'removed',
    )
    expect(named(report, 'gone').instances).toMatchObject([
      { rootPid: pids.get('gone'), endedAt: null },
    ])
    expect(await statusState('gone')).toBe('removed')
    expect(await text('servers')).toMatch(/gone +cursor +no longer configured/)
  })

  it('orphaned by init, and connecting out then', async () => {
    const owner = await scene.client('cursor')
    const pid = await start(owner, 'lonely')
    await scene.reportWith('the server below its client', (now) => isRunning(now, 'lonely'))
    await owner.process.signal('SIGKILL')
    await scene.reportWith('the orphan', (now) => stateOf(now, 'lonely') === 'orphaned')
    expect(await statusState('lonely')).toBe('orphaned')
    const { host, ports } = scene.lab.outside
    const port = ports.first + 3
    await scene.send('lonely', pid, host, port)
    const report = await scene.reportWith('the finding', ({ findings }) =>
      findings.some(({ kind }) => kind === 'orphan-egress'),
    )
    expect(report.findings.filter(({ kind }) => kind === 'orphan-egress')).toMatchObject([
      { server: 'lonely', severity: 'medium', count: 1, destination: { address: host, port } },
    ])
    expect(report.findings.find(({ kind }) => kind === 'orphan-egress')?.explanation).toContain(
      `kill ${pid}`,
    )
  })

  const below = `orphaned below a subreaper, as a user’s systemd is one${python === null ? ' (needs python3)' : ''}`
  it.skipIf(python === null)(below, async () => {
    const script = scene.home.write('subreaper.py', SUBREAPER)
    const reaper = await scene.client('cursor', [], [python ?? '', script])
    await start(reaper, 'reaped')
    const running = await scene.reportWith('the server', (now) => isRunning(now, 'reaped'))
    const clientPid = named(running, 'reaped').instances[0]?.clientPid
    expect(clientPid).not.toBe(reaper.pid)
    await scene.lab.signal(clientPid ?? 0, 'SIGKILL')
    await scene.reportWith('the orphan', (now) => stateOf(now, 'reaped') === 'orphaned')
  })

  it('not orphaned where the client itself takes it over', async () => {
    const owner = await scene.client('cursor', ['--subreaper'])
    const [command, ...args] = scene.line('inherited')
    const quoted = [command, ...args].map((word) => `'${word}'`).join(' ')
    await owner.run(['sh', '-c', `exec 3<&0; ${quoted} <&3 & exit 0`])
    const report = await scene.reportWith(
      'the server',
      (now) => named(now, 'inherited').instances.length > 0,
    )
    expect(stateOf(report, 'inherited')).toBe('running')
    expect(named(report, 'inherited').instances[0]?.clientPid).toBe(owner.pid)
  })

  it('orphaned still, after a restart of the daemon that did not see how', async () => {
    await watcher.process.signal('SIGTERM')
    await watcher.process.exited(20_000)
    watcher = await startWatcher(scene.lab, scene.home)
    const { host, ports } = scene.lab.outside
    await waitFor(async () => (await statusState('lonely')) === 'orphaned', {
      what: 'the orphan of init',
      deadlineMs: 20_000,
    })
    if (python === null) return
    expect(await statusState('reaped')).toBe('orphaned')
    await scene.send('reaped', pids.get('reaped') ?? 0, host, ports.first + 5)
    await scene.reportWith('the finding', ({ findings }) =>
      findings.some(({ kind, server }) => kind === 'orphan-egress' && server === 'reaped'),
    )
  })

  describe('in no configuration', () => {
    const NAME = 'example-notes-mcp'
    let line: readonly [string, ...string[]]
    let startedAt = 0
    let pid = 0

    beforeAll(async () => {
      const [node, plain, order] = scene.line(NAME)
      const folder = `lib/node_modules/${NAME}`
      const script = scene.home.write(`${folder}/index.mjs`, readFileSync(plain ?? '', 'utf8'))
      scene.home.write(`${folder}/package.json`, JSON.stringify({ name: NAME, version: '3.2.1' }))
      line = [node, script, order ?? '']
      startedAt = Date.now()
      pid = await cursor.run(line)
    })

    it('is listed, watched and told of after a while', async () => {
      const early = await scene.reportWith(
        'the server',
        (now) => stateOf(now, NAME) === 'unconfigured',
      )
      expect(named(early, NAME)).toMatchObject({
        scope: 'unconfigured',
        source: '',
        package: { name: NAME, version: '3.2.1' },
        instances: [{ rootPid: pid, quality: 'unconfigured', reasons: ['protocol-name'] }],
      })
      const { host, ports } = scene.lab.outside
      await scene.send(NAME, pid, host, ports.first + 4)
      const report = await scene.reportWith('the finding', ({ findings }) =>
        findings.some(({ kind }) => kind === 'unconfigured-server'),
      )
      expect(Date.now() - startedAt).toBeGreaterThanOrEqual(10_000)
      const told = report.findings.filter(({ kind }) => kind === 'unconfigured-server')
      expect(told).toMatchObject([{ server: NAME, client: 'cursor', severity: 'medium', count: 1 }])
      expect(named(report, NAME).destinations).toMatchObject([
        { address: host, port: ports.first + 4 },
      ])
      expect(await text('servers')).toMatch(/example-notes-mcp +cursor +in no configuration/)
      expect(await statusState(NAME)).toBe('unconfigured')
      expect(await text('report')).toContain('in no configuration that mcp-watch reads')
      expect(await text('explain', String(pid))).toContain(NAME)
    })

    it('can be decided about as any other', async () => {
      const muted = await mcpWatch(scene.lab, scene.home, 'mute', NAME, 'unconfigured-server')
      expect([muted.code, muted.stderr]).toEqual([0, ''])
      const policy = readFileSync((await text('policy', 'path')).trim(), 'utf8')
      expect(policy).toContain(NAME)
      const held = await mcpWatch(scene.lab, scene.home, 'expect', NAME, 'local-only')
      expect([held.code, held.stderr]).toEqual([0, ''])
      const report = await scene.reportWith(
        'the rule',
        (now) => named(now, NAME).expectation === 'local-only',
      )
      expect(named(report, NAME).expectationSource).toBe('policy')
    })

    it('is the entry’s as soon as one is there', async () => {
      scene.declare('cursor', DECLARED, { notes: line })
      const report = await scene.reportWith('the entry', (now) => isRunning(now, 'notes'))
      expect(named(report, 'notes').instances).toMatchObject([{ rootPid: pid, quality: 'exact' }])
      await waitFor(async () => !(await text('servers')).includes('in no configuration'), {
        what: 'nothing is in no configuration',
        deadlineMs: 10_000,
      })
      expect(await statusState(NAME)).toBeUndefined()
    })
  })
})
