/**
 * What goes on around servers tells nothing of them: programs that only name them, a client that writes its file again
 * and again, a machine that sleeps. And the one that does misbehave is told of once.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Report } from '../../shared/contract/report.ts'
import { configure, type Entry, type RunningClient, startClient } from '../helpers/clients.ts'
import { PROJECT } from '../helpers/lab.ts'
import { quiet } from '../helpers/quiet-servers.ts'
import { prepareRogue, type Rogue } from '../helpers/rogue.ts'
import { says, silentObstacle, type WatchedLab, watchedLab } from '../helpers/silent-scene.ts'
import { pause, waitFor } from '../helpers/wait-for.ts'

const obstacle = silentObstacle()
const REWRITES = 50
/** More than is taken for jitter. */
const ASLEEP_MS = 6_500

describe.skipIf(obstacle !== null)(`around servers${obstacle ? ` (${obstacle})` : ''}`, () => {
  let watched: WatchedLab
  let client: RunningClient
  let rogue: Rogue
  let file: string
  let declared: Record<string, Entry>
  let before: ReturnType<typeof picture>

  /** Everything that a false step would change. */
  function picture({ servers, findings }: Report) {
    return {
      findings,
      servers: servers.map(({ id, name, instances, destinations }) => ({
        id,
        name,
        instances: instances.map(({ rootPid, quality, endedAt }) => ({
          rootPid,
          quality,
          endedAt,
        })),
        destinations: destinations.map(({ address, port, open }) => ({ address, port, open })),
      })),
    }
  }

  const nothingChanged = async (): Promise<Report> => {
    await watched.lookedAgain()
    const report = await watched.report()
    expect(picture(report)).toEqual(before)
    expect(watched.desktop.shown).toEqual([])
    expect(watched.watcher.process.stderr).toBe('')
    return report
  }

  beforeAll(async () => {
    watched = await watchedLab((home, lab) => {
      const { registry } = lab.outside
      home.write('.npmrc', `registry=http://${registry.host}:${registry.port}/\n`)
      rogue = prepareRogue(home, 'rogue')
      declared = {
        rogue: { command: 'node', args: [rogue.script] },
        // By the nameserver's address, which is expected of anyone.
        asking: quiet('aim', lab.outside.nameserver.address, 53),
      }
      file = configure(home, 'claude-desktop', declared)
    })
    const { lab, home } = watched
    const code = viewer(lab.outside.host, lab.outside.ports.first)
    const below = JSON.stringify([process.execPath, '-e', code, rogue.script])
    client = await startClient(lab, home, 'claude-desktop', { args: ['--run', below] })
    await client.ready(30_000)
    const roots = new Set(client.roots().values())
    const report = await watched.reportWith('both servers, and the question', ({ servers }) => {
      const seen = servers.flatMap(({ instances }) => instances.map(({ rootPid }) => rootPid))
      const asked = servers.some(({ destinations }) => destinations.length === 1)
      return asked && seen.length === roots.size && seen.every((pid) => roots.has(pid))
    })
    before = picture(report)
    expect(before.findings).toEqual([])
  })

  afterAll(async () => {
    await watched?.end()
  })

  /** A program that connects out, and whose arguments may name whatever they like. */
  function viewer(host: string, port: number): string {
    return `require('node:net').connect(${port}, '${host}', () => console.log('connected'))`
  }

  it('an editor, grep, and npm view are no servers, whatever they name', async () => {
    const { lab, home } = watched
    const { host, ports } = lab.outside
    const start = (command: string, ...args: string[]) =>
      lab.start(command, args, { env: home.env, cwd: home.path })
    const looking = async (port: number, ...args: string[]): Promise<void> =>
      says('connected', await start(process.execPath, '-e', viewer(host, port), '--', ...args))
    await start('tail', '-f', file, rogue.script)
    await looking(ports.first + 1, 'view', '@modelcontextprotocol/server-memory')
    await looking(ports.first + 2, file)
    await looking(ports.first + 3, '--goto', rogue.script)
    await looking(ports.first + 4, `node ${rogue.script}`, PROJECT)
    const grep = await start('grep', '-r', 'server-memory', join(home.path, '.config'))
    const view = await start('npm', 'view', '@modelcontextprotocol/server-memory', 'name')
    await Promise.all([grep.exited(10_000), view.exited(20_000)])
    expect(view.stdout).toContain('@modelcontextprotocol/server-memory')
    expect(grep.stdout).toContain('server-memory')
    await nothingChanged()
  })

  it(`a client that writes its file ${REWRITES} times`, async () => {
    for (let i = 0; i < REWRITES; i += 1) {
      const entries = Object.entries(declared)
      const mcpServers = Object.fromEntries(i % 2 === 0 ? entries : entries.toReversed())
      const text = JSON.stringify({ windowBounds: { x: i }, mcpServers, at: i }, null, i % 5)
      // Half as a whole, half in place, cut short for a moment.
      if (i % 4 < 2) {
        writeFileSync(`${file}.new`, text)
        renameSync(`${file}.new`, file)
      } else {
        writeFileSync(file, text.slice(0, i))
        await pause(30)
        writeFileSync(file, text)
      }
      await pause(50)
    }
    await nothingChanged()
  })

  it('a laptop that wakes up, beyond the gap', async () => {
    const gaps = (report: Report) => report.coverage.gaps.map(({ reason }) => reason)
    expect(gaps(await watched.report())).toEqual([])
    await watched.watcher.process.signal('SIGSTOP')
    await pause(ASLEEP_MS)
    await watched.watcher.process.signal('SIGCONT')
    expect(gaps(await nothingChanged())).toEqual(['stalled'])
  })

  it('tells once of the one that misbehaves, and not again after kill -9', async () => {
    const { lab, desktop, watcher } = watched
    const { host, host6, ports } = lab.outside
    const order = (to: string, port: number, holdMs: number | null) =>
      rogue.order(lab, { act: 'tcp', host: to, port, holdMs })
    await order(host, ports.first + 10, 1_500)
    await order(host6, 443, null)
    await order(host, ports.first + 11, null)
    const { findings } = await watched.reportWith('three findings', (now) => {
      return now.findings.length === 3
    })
    expect(findings.map(({ server }) => server)).toEqual(['rogue', 'rogue', 'rogue'])
    const what = 'a notification'
    await waitFor(() => desktop.shown.length > 0, { what, deadlineMs: 10_000 })
    await watched.settled()
    expect(desktop.shown).toMatchObject([{ urgency: 2, title: expect.stringContaining('rogue') }])
    await watcher.process.signal('SIGKILL')
    await watcher.process.exited(5_000)
    await watched.restart()
    await watched.settled()
    expect((await watched.report()).findings.map(({ id }) => id).sort()).toEqual(
      findings.map(({ id }) => id).sort(),
    )
    expect(desktop.shown).toHaveLength(1)
  })
})
