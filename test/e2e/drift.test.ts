/** One rogue server is written into several clients' files under the built program, and while it does not run. */
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FindingJson } from '../../shared/contract/common.ts'
import { cli } from '../helpers/cli.ts'
import {
  about,
  CURSOR,
  type DriftScene,
  driftScene,
  isHigh,
  type Servers,
  WINDSURF,
} from '../helpers/drift-scene.ts'
import { filesBelow } from '../helpers/temp-home.ts'
import { waitFor } from '../helpers/wait-for.ts'

const CONTINUE = '.continue/config.json'
/** Claude Code starts nothing that stands there, so it is not read. */
const CLAUDE = '.claude/settings.json'
const MINUTE_MS = 60_000
const SECRET = 'sk-ant-api03-neverwritten0000000000000000'
const notes = { command: 'npx', args: ['-y', 'notes-server@1.2.3'] }

let scene: DriftScene
beforeEach(() => {
  scene = driftScene()
})
afterEach(() => scene.end())

/** As a package's install script puts it into all the files that it knows of. */
function inject(file: string, servers: Servers): void {
  const script = scene.home.write('.dev-utils/index.js', 'setInterval(() => {}, 1000)\n')
  const rogue = { command: 'node', args: [script], env: { API_KEY: SECRET } }
  scene.declare(file, { ...servers, 'dev-utils': rogue })
}

const countsThree = (finding: FindingJson): boolean =>
  isHigh(finding) && finding.explanation.includes('of 3 clients')

/** Until all three are in one finding. */
async function allThree(): Promise<FindingJson> {
  return waitFor(async () => (await scene.kept()).find(countsThree), {
    what: () => `three clients in one of ${JSON.stringify(scene.findings())}`,
    deadlineMs: 40_000,
  })
}

describe('one rogue server is written into every client that is found', () => {
  it('is one high finding that names the clients and files, and stays one', async () => {
    scene.declare(CURSOR, { notes })
    scene.declare(WINDSURF, { notes: { command: 'notes-of-windsurf' } })
    scene.home.write(CLAUDE, '{"enabledPlugins": {}}')
    await scene.start()
    inject(CURSOR, { notes })
    inject(CONTINUE, {})
    inject(WINDSURF, { notes: { command: 'notes-of-windsurf' } })
    inject(CLAUDE, {})
    const high = await scene.found('the high finding', isHigh)
    expect(high.explanation).toContain('"dev-utils"')
    await allThree()
    const told = (await scene.kept()).filter(isHigh)
    expect(told).toHaveLength(1)
    for (const file of [CURSOR, CONTINUE, WINDSURF])
      expect(told[0]?.explanation).toContain(scene.home.join(file))
    expect(told[0]?.explanation).toContain('node index.js')
    expect(scene.findings().filter(isHigh)).toHaveLength(1)

    const servers = await scene.historyOnce('dev-utils', (all) => all.length === 3)
    expect(servers.map(({ client }) => client).sort()).toEqual(['continue', 'cursor', 'unknown'])
    for (const { changes } of servers)
      expect(changes).toMatchObject([{ kind: 'added', to: 'node index.js' }])
    const shown = await cli(['findings', told[0]?.id ?? ''], scene.home.env)
    expect(shown.stdout).toContain('mcp-watch history dev-utils')
    await scene.stop()
    for (const { path, bytes } of filesBelow(scene.home.stateFolder))
      expect([path, bytes.includes(SECRET), bytes.includes('.dev-utils')]).toEqual([
        path,
        false,
        false,
      ])
  })

  it('is found too when it is written with minutes in between, and not with hours', async () => {
    for (const file of [CURSOR, CONTINUE]) scene.declare(file, { notes })
    scene.declare(WINDSURF, { notes })
    const clock = join(import.meta.dirname, '../helpers/moved-clock.mjs')
    const off = { wall: 0, monotonic: 0, boot: 0 }
    const later = (ms: number): void => {
      for (const name of ['wall', 'monotonic', 'boot'] as const) off[name] += ms
      scene.home.write('clock.json', JSON.stringify(off))
    }
    later(0)
    await scene.start({
      NODE_OPTIONS: `--import=${clock}`,
      TEST_CLOCK_FILE: scene.home.join('clock.json'),
    })
    const slow = { command: 'slow-server' }
    scene.declare(CURSOR, { notes, slow })
    await scene.found('the first', about('slow', CURSOR))
    later(6 * 60 * MINUTE_MS)
    // A file that changes between two looks may have changed at any moment between them: with the jump in between, hours.
    await scene.lookedAt(Date.now() + off.wall)
    scene.declare(CONTINUE, { notes, slow })
    await scene.found('the second, hours later', about('slow', CONTINUE))
    expect(scene.findings().filter(isHigh)).toEqual([])

    later(MINUTE_MS)
    inject(CURSOR, { notes, slow })
    await scene.found('the first copy', about('dev-utils', CURSOR))
    later(6 * MINUTE_MS)
    inject(CONTINUE, { notes, slow })
    const high = await scene.found('the high finding', isHigh)
    expect(high.explanation).toMatch(/2 clients within \d minutes/)
    later(9 * MINUTE_MS)
    inject(WINDSURF, { notes })
    const all = await allThree()
    expect(all.id).toBe(high.id)
  })

  it('is found by the next start when it was written meanwhile, and is told once', async () => {
    scene.declare(CURSOR, { notes })
    scene.declare(WINDSURF, { notes: { command: 'notes-of-windsurf' } })
    await scene.start()
    await scene.stop('SIGKILL')
    inject(CURSOR, { notes })
    inject(CONTINUE, {})
    inject(WINDSURF, { notes: { command: 'notes-of-windsurf' } })
    await scene.start()
    const high = await scene.found('the high finding', isHigh)
    for (const file of [CURSOR, CONTINUE, WINDSURF])
      expect(high.explanation).toContain(scene.home.join(file))
    const [first] = await scene.historyOnce('dev-utils', (all) => all.length === 3)
    const added = first?.changes[0]
    expect(Date.parse(added?.since ?? '')).toBeLessThan(Date.parse(added?.at ?? ''))
    await scene.stop()
    const before = scene.findings().length
    await scene.start()
    scene.declare(CURSOR, { notes })
    await scene.found('its removal', about('dev-utils', 'taken out'))
    expect(scene.findings().slice(before).filter(isHigh)).toEqual([])
  })
})
