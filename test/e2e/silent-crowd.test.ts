/** Many servers: four sessions of a client that start twelve each at once, and two hundred that are configured. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serversSchema } from '../../shared/contract/answers.ts'
import { configure, type Entry, startClient } from '../helpers/clients.ts'
import { quiet, writePolicy } from '../helpers/quiet-servers.ts'
import { silentObstacle, type WatchedLab, watchedLab } from '../helpers/silent-scene.ts'
import { mcpWatch } from '../helpers/watcher.ts'

const obstacle = silentObstacle()
const RUNNING = 12
const SESSIONS = 4
const CONFIGURED = 200
const ANSWER_MS = 2_000
const MOST_RUNS = 8

describe.skipIf(obstacle !== null)(`a crowd${obstacle ? ` (${obstacle})` : ''}`, () => {
  let watched: WatchedLab

  beforeAll(async () => {
    watched = await watchedLab((home, { outside }) => {
      const names = Array.from({ length: CONFIGURED }, (_, i) => `server-${i}`)
      const entry = (name: string): [string, Entry] => [name, quiet('nothing', name)]
      configure(home, 'claude-code', {
        ...Object.fromEntries(names.slice(0, RUNNING).map(entry)),
        // One of them does what it should not, in each session.
        'server-0': quiet('tcp', outside.host, 443),
      })
      configure(home, 'codex', Object.fromEntries(names.slice(RUNNING).map(entry)))
      writePolicy(home, Object.fromEntries(names.map((name) => [name, 'none'])))
    })
    const { lab, home } = watched
    const sessions = await Promise.all(
      Array.from({ length: SESSIONS }, () => startClient(lab, home, 'claude-code')),
    )
    await Promise.all(sessions.map((session) => session.ready(60_000)))
  })

  afterAll(async () => {
    await watched?.end()
  })

  it('twelve servers in four sessions are told of once, for the one that connects', async () => {
    const { desktop, watcher } = watched
    const report = await watched.reportWith('all instances', ({ servers }) => {
      return servers.flatMap(({ instances }) => instances).length === RUNNING * SESSIONS
    })
    const running = report.servers.filter(({ client }) => client === 'claude-code')
    expect(running).toHaveLength(RUNNING)
    for (const { name, instances } of running) {
      const qualities = instances.map(({ quality }) => quality)
      expect([name, ...qualities]).toEqual([name, ...Array(SESSIONS).fill('exact')])
    }
    await watched.settled()
    const { findings } = await watched.report()
    expect(findings).toMatchObject([{ server: 'server-0', kind: 'local-only-egress' }])
    expect(desktop.shown).toHaveLength(1)
    expect(watcher.process.stderr).toBe('')
  })

  it(`${CONFIGURED} configured servers are as many rows, within two seconds`, async () => {
    const { lab, home } = watched
    const times: Record<string, number> = {}
    // The best of some: the tests share their machine with others.
    const timed = async (...args: string[]): Promise<string> => {
      const name = args.join(' ')
      let last = ''
      for (let run = 0; run < MOST_RUNS && !((times[name] ?? Infinity) < ANSWER_MS); run += 1) {
        const start = Date.now()
        const { code, stdout } = await mcpWatch(lab, home, ...args)
        expect(code).toBe(0)
        times[name] = Math.min(times[name] ?? Infinity, Date.now() - start)
        last = stdout
      }
      return last
    }
    const { servers } = serversSchema.parse(JSON.parse(await timed('servers', '--json')))
    expect(servers).toHaveLength(CONFIGURED)
    const lines = (text: string): string[] =>
      text.split('\n').filter((line) => /\bserver-\d+\b/.test(line))
    const table = await timed('servers')
    const text = await timed('report')
    await timed('status')
    console.info(`answers, ms: ${JSON.stringify(times)}; report: ${text.split('\n').length} lines`)
    expect(lines(table)).toHaveLength(CONFIGURED)
    for (const took of Object.values(times)) expect(took).toBeLessThan(ANSWER_MS)
  })
})
