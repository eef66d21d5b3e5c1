/** The clients' files are changed under the built program: by hand, by a rogue package, and while it does not run. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventSchema } from '../../shared/contract/answers.ts'
import type { FindingJson } from '../../shared/contract/common.ts'
import { type History, historySchema } from '../../shared/contract/history.ts'
import { type CliRun, cli, startCli } from '../helpers/cli.ts'
import { filesBelow, type TempHome, tempHome } from '../helpers/temp-home.ts'
import { waitFor } from '../helpers/wait-for.ts'

const CURSOR = '.cursor/mcp.json'
const CONTINUE = '.continue/config.json'
const WINDSURF = '.windsurf/mcp.json'
const CLAUDE = '.claude/settings.json'
const MINUTE_MS = 60_000
const SECRET = 'sk-ant-api03-neverwritten0000000000000000'

let home: TempHome
let daemon: CliRun | null
let daemons: CliRun[]

beforeEach(() => {
  home = tempHome()
  daemon = null
  daemons = []
})

afterEach(async () => {
  daemon?.child.kill('SIGKILL')
  await daemon?.ended()
  home.remove()
})

type Servers = Readonly<Record<string, object>>
const notes = { command: 'npx', args: ['-y', 'notes-server@1.2.3'] }

/** As a careful program writes: beside the file, and then in its place. */
function declare(file: string, servers: Servers): void {
  const path = home.join(file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.new`, JSON.stringify({ mcpServers: servers }, null, 2))
  renameSync(`${path}.new`, path)
}

async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  const args = ['start', '--engine', 'ss', '--interval', '250ms', '--port', '0']
  const run = startCli(args, { ...home.env, ...env })
  daemon = run
  daemons.push(run)
  await waitFor(() => run.lines().length > 0 || run.child.exitCode !== null, {
    what: () => `the first event (${run.stderr})`,
    deadlineMs: 30_000,
  })
  // What is there is known once it was compared and written.
  await waitFor(async () => (await cli(['status', '--json'], home.env)).code === 0, {
    what: 'the daemon answers',
    deadlineMs: 30_000,
  })
}

async function stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  daemon?.child.kill(signal)
  await daemon?.ended()
  daemon = null
}

function findings(): FindingJson[] {
  return daemons
    .flatMap((run) => run.lines())
    .flatMap((line) => {
      const event = eventSchema.parse(line)
      return event.event === 'finding' && event.finding.kind === 'config-drift'
        ? [event.finding]
        : []
    })
    .filter(({ explanation }) => explanation.includes(home.path))
}

async function found(
  what: string,
  fits: (finding: FindingJson) => boolean,
  deadlineMs = 40_000,
): Promise<FindingJson> {
  return waitFor(() => findings().find(fits), {
    what: () => `${what} in ${JSON.stringify(findings())}`,
    deadlineMs,
  })
}

const isHigh = ({ severity }: FindingJson): boolean => severity === 'high'
const about =
  (server: string, said: string) =>
  (finding: FindingJson): boolean =>
    finding.server === server && finding.explanation.includes(said)

async function historyOf(...args: string[]): Promise<History['servers']> {
  const { code, stdout, stderr } = await cli(['history', ...args, '--json'], home.env)
  if (code !== 0) throw new Error(stderr)
  return historySchema.parse(JSON.parse(stdout)).servers
}

/** Waits for what is found and written only some time after the finding was printed. */
async function history(
  server: string,
  fits: (servers: History['servers']) => boolean,
): Promise<History['servers']> {
  let seen: History['servers'] = []
  await waitFor(
    async () => {
      seen = await historyOf(server).catch(() => [])
      return fits(seen)
    },
    { what: () => `the history of ${server}: ${JSON.stringify(seen)}`, deadlineMs: 40_000 },
  )
  return seen
}

/** One rogue server, as a package's install script puts it into all the files that it knows of. */
function rogue(): object {
  const script = home.write('.dev-utils/index.js', 'setInterval(() => {}, 1000)\n')
  return { command: 'node', args: [script], env: { API_KEY: SECRET } }
}

function inject(file: string, servers: Servers): void {
  declare(file, { ...servers, 'dev-utils': rogue() })
}

describe('one rogue server is written into every client that is found', () => {
  it('is one high finding that names the clients and files, and stays one', async () => {
    declare(CURSOR, { notes })
    declare(WINDSURF, { notes: { command: 'notes-of-windsurf' } })
    home.write(CLAUDE, '{"enabledPlugins": {}}')
    await start()
    inject(CURSOR, { notes })
    inject(CONTINUE, {})
    inject(WINDSURF, { notes: { command: 'notes-of-windsurf' } })
    inject(CLAUDE, {})
    const high = await found('the high finding', isHigh)
    expect(high.explanation).toContain('"dev-utils"')
    // The third is of a client that is not known: such files are looked for every ten seconds.
    await waitFor(async () => (await allFindings()).some(countsThree), {
      what: 'all three clients in one finding',
      deadlineMs: 40_000,
    })
    const told = (await allFindings()).filter(isHigh)
    expect(told).toHaveLength(1)
    for (const file of [CURSOR, CONTINUE, WINDSURF])
      expect(told[0]?.explanation).toContain(home.join(file))
    expect(told[0]?.explanation).toContain('node index.js')
    expect(findings().filter(isHigh)).toHaveLength(1)

    const servers = await history('dev-utils', (all) => all.length === 3)
    expect(servers.map(({ client }) => client).sort()).toEqual(['continue', 'cursor', 'unknown'])
    for (const { changes } of servers)
      expect(changes).toMatchObject([{ kind: 'added', to: 'node index.js' }])
    const shown = await cli(['findings', told[0]?.id ?? ''], home.env)
    expect(shown.stdout).toContain('mcp-watch history dev-utils')
    await stop()
    for (const { path, bytes } of filesBelow(home.stateFolder))
      expect([path, bytes.includes(SECRET), bytes.includes('.dev-utils')]).toEqual([
        path,
        false,
        false,
      ])
  })

  it('is found too when it is written with minutes in between, and not with hours', async () => {
    for (const file of [CURSOR, CONTINUE]) declare(file, { notes })
    declare(WINDSURF, { notes })
    const clock = join(import.meta.dirname, '../helpers/moved-clock.mjs')
    const off = { wall: 0, monotonic: 0, boot: 0 }
    const later = (ms: number): void => {
      for (const name of ['wall', 'monotonic', 'boot'] as const) off[name] += ms
      home.write('clock.json', JSON.stringify(off))
    }
    later(0)
    await start({
      NODE_OPTIONS: `--import=${clock}`,
      TEST_CLOCK_FILE: home.join('clock.json'),
    })
    const slow = { command: 'slow-server' }
    declare(CURSOR, { notes, slow })
    await found('the first', about('slow', CURSOR))
    later(6 * 60 * MINUTE_MS)
    declare(CONTINUE, { notes, slow })
    await found('the second, hours later', about('slow', CONTINUE))
    expect(findings().filter(isHigh)).toEqual([])

    later(MINUTE_MS)
    inject(CURSOR, { notes, slow })
    await found('the first copy', about('dev-utils', CURSOR))
    later(6 * MINUTE_MS)
    inject(CONTINUE, { notes, slow })
    const high = await found('the high finding', isHigh)
    expect(high.explanation).toMatch(/2 clients within \d minutes/)
    later(9 * MINUTE_MS)
    inject(WINDSURF, { notes })
    const all = await waitFor(async () => (await allFindings()).find(countsThree), {
      what: 'the third client',
      deadlineMs: 40_000,
    })
    expect(all.id).toBe(high.id)
  })

  it('is found by the next start when it was written meanwhile, and is told once', async () => {
    declare(CURSOR, { notes })
    declare(WINDSURF, { notes: { command: 'notes-of-windsurf' } })
    await start()
    await stop('SIGKILL')
    inject(CURSOR, { notes })
    inject(CONTINUE, {})
    inject(WINDSURF, { notes: { command: 'notes-of-windsurf' } })
    await start()
    const high = await found('the high finding', isHigh)
    for (const file of [CURSOR, CONTINUE, WINDSURF])
      expect(high.explanation).toContain(home.join(file))
    const [first] = await history('dev-utils', (all) => all.length === 3)
    const added = first?.changes[0]
    expect(Date.parse(added?.since ?? '')).toBeLessThan(Date.parse(added?.at ?? ''))
    await stop()
    const before = findings().length
    await start()
    declare(CURSOR, { notes })
    await found('its removal', about('dev-utils', 'taken out'))
    expect(findings().slice(before).filter(isHigh)).toEqual([])
  })
})

/** Until the configuration that was told last has this file, or has it no more. */
async function listed(file: string, isThere: boolean): Promise<void> {
  await waitFor(
    () => {
      const told = (daemon?.lines() ?? []).flatMap((line) => {
        const event = eventSchema.parse(line)
        return event.event === 'configuration' || event.event === 'started' ? [event] : []
      })
      const files = told.at(-1)?.configurations.map((found) => found.file) ?? []
      return files.includes(home.join(file)) === isThere
    },
    { what: `${file} is ${isThere ? 'there' : 'gone'}`, deadlineMs: 40_000 },
  )
}

async function allFindings(): Promise<FindingJson[]> {
  const { stdout } = await cli(['findings', '--json', '--since', '30d'], home.env)
  const answer = JSON.parse(stdout) as { findings?: FindingJson[] }
  return (answer.findings ?? []).filter(({ explanation }) => explanation.includes(home.path))
}

function countsThree({ severity, explanation }: FindingJson): boolean {
  return severity === 'high' && explanation.includes('of 3 clients')
}

describe('history', () => {
  it('tells what was changed, from what to what, with the daemon running and stopped', async () => {
    declare(CURSOR, { notes, far: { url: 'https://one.example/secret-path?key=1' } })
    await start()
    expect(await historyOf('notes')).toMatchObject([
      { configured: true, changes: [], entry: { package: 'npm notes-server', version: '1.2.3' } },
    ])
    declare(CURSOR, {
      notes: { command: 'npx', args: ['-y', 'notes-server@2.0.0'] },
      far: { url: 'https://two.example/secret-path?key=1' },
    })
    const [far, version] = [
      await found('another address', about('far', 'two.example')),
      await found('another version', about('notes', '2.0.0')),
    ]
    expect([far.severity, version.severity]).toEqual(['medium', 'low'])
    declare(CURSOR, { notes: { command: home.join('evil'), args: [`--token=${SECRET}`] } })
    await found('another command', about('notes', 'runs something else'))
    const removed = await found('a removal', about('far', 'taken out'))
    expect([removed.client, removed.severity]).toEqual(['cursor', 'low'])
    await history('far', ([it]) => it?.changes.length === 2)
    const running = await historyOf('notes')
    const text = await cli(['history', 'far'], home.env)
    expect(text.stdout).toContain('https://one.example:443 → https://two.example:443')
    expect(text.stdout).toContain('no longer configured')
    await stop()
    expect(await historyOf('notes')).toEqual(running)
    expect(running[0]?.changes.map(({ kind, field, from, to }) => [kind, field, from, to])).toEqual(
      [
        ['changed', 'version', '1.2.3', '2.0.0'],
        ['changed', 'command', 'npx', home.join('evil')],
        ['changed', 'package', 'npm notes-server 2.0.0', null],
      ],
    )
    expect((await cli(['history', 'nobody'], home.env)).code).toBe(2)
    for (const { path, bytes } of filesBelow(home.stateFolder))
      expect([path, bytes.includes(SECRET), bytes.includes('secret-path')]).toEqual([
        path,
        false,
        false,
      ])
  })

  it('is silent about a file that breaks, flaps, is gone for a moment, or was there before', async () => {
    declare(CURSOR, { notes })
    declare(WINDSURF, { notes })
    await start()
    writeFileSync(home.join(CURSOR), '{"mcpServers": {')
    await waitFor(() => daemon?.stdout.includes('"event":"diagnostic"'), {
      what: 'the broken file is told of',
      deadlineMs: 30_000,
    })
    rmSync(home.join(WINDSURF))
    await listed(WINDSURF, false)
    declare(WINDSURF, { notes })
    await listed(WINDSURF, true)
    declare(CURSOR, { notes, last: { command: 'last' } })
    await found('what comes last', about('last', CURSOR))
    expect(findings().filter(({ server }) => server === 'notes')).toEqual([])
  })
})
