/** A hundred daemons killed at random moments, one after the other, while servers keep them busy. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { eventSchema } from '../../shared/contract/answers.ts'
import { MAIN } from '../helpers/cli.ts'
import { configure, startClient } from '../helpers/clients.ts'
import { failureObstacle, integrity, titled } from '../helpers/failure-scene.ts'
import { type Lab, startLab } from '../helpers/lab.ts'
import { type LabDesktop, startLabDesktop } from '../helpers/lab-desktop.ts'
import { prepareRogue, type Rogue } from '../helpers/rogue.ts'
import { type TempHome, tempHome } from '../helpers/temp-home.ts'
import { pause, waitFor } from '../helpers/wait-for.ts'

const LIVES = 100
/** One in so many lives until something was shown: two seconds of findings are gathered, then a tool is run. */
const LONG_EVERY = 10
const LONG_MS = 10_000
/** One in so many of the others ends so long after the start of its process: before it has begun, or just then. */
const EARLY_EVERY = 3
const EARLY_MS = [150, 600] as const
/** The rest end so long after they have begun, which takes a busy machine several times as long. */
const SHORT_MS = [0, 800] as const
const PATIENCE_MS = 60_000
/** Two to three minutes where nothing else runs. */
const STORY_MS = 900_000
/** After something was shown: the tool may not have ended yet. */
const AFTER_MS = [0, 300] as const

const between = ([least, most]: readonly [number, number]): number =>
  least + Math.random() * (most - least)

/** Writes down each decision to tell, also those that a later one replaces. */
const NOTE_TELLING = `
  CREATE TABLE told_note (finding_id TEXT, at INTEGER);
  CREATE TRIGGER note_first AFTER INSERT ON delivery WHEN new.outcome = 'told'
    BEGIN INSERT INTO told_note VALUES (new.finding_id, new.at); END;
  CREATE TRIGGER note_again AFTER UPDATE ON delivery WHEN new.outcome = 'told'
    BEGIN INSERT INTO told_note VALUES (new.finding_id, new.at); END;`

interface Story {
  readonly lab: Lab
  readonly home: TempHome
  readonly desktop: LabDesktop
  readonly rogues: readonly Rogue[]
  /** Ids of the findings that daemons printed, in order. */
  readonly printed: string[]
}

/** One daemon from its start to its violent end, when `until` says so, which is handed a wait for its first event. */
async function live(
  { lab, home, desktop, printed }: Story,
  until: (begun: () => Promise<unknown>) => Promise<unknown>,
): Promise<void> {
  const args = [MAIN, 'start', '--interval', '250ms', '--port', '0']
  const daemon = await lab.start(process.execPath, args, {
    env: desktop.home.env,
    cwd: home.path,
  })
  daemon.onLine((line) => {
    const event = eventSchema.parse(JSON.parse(line))
    if (event.event === 'finding') printed.push(event.finding.id)
  })
  const begun = (): Promise<unknown> =>
    waitFor(() => daemon.stdout !== '' || daemon.exit !== null, {
      what: 'it begins',
      deadlineMs: PATIENCE_MS,
    })
  await until(begun)
  if (daemon.exit !== null) throw new Error(`it ended by itself: ${daemon.stderr}`)
  await daemon.signal('SIGKILL')
  await daemon.exited(10_000)
}

/** A new destination, and connections that come and go. */
async function keepBusy({ lab, rogues }: Story, life: number): Promise<void> {
  const { host, ports } = lab.outside
  const rogue = rogues[life % rogues.length] as Rogue
  const port = ports.first + Math.floor(life / rogues.length)
  await rogue.order(lab, { act: 'tcp', host, port, holdMs: 3_000 })
  for (const other of rogues) {
    await other.order(lab, { act: 'tcp', host, port: 443, holdMs: between([50, 900]) })
  }
}

async function untilShown({ desktop }: Story): Promise<void> {
  const before = desktop.shown.length
  const end = Date.now() + LONG_MS
  await waitFor(() => desktop.shown.length > before || Date.now() > end, {
    what: 'a notification',
    deadlineMs: 2 * LONG_MS,
  })
  await pause(between(AFTER_MS))
}

function ask<T>(home: TempHome, sql: string): T[] {
  const db = new Database(join(home.stateFolder, 'watch.db'), { readonly: true })
  try {
    return db.prepare<unknown[], T>(sql).pluck().all()
  } finally {
    db.close()
  }
}

async function tellStory(story: Story): Promise<void> {
  const { lab, home, printed, desktop } = story
  const client = await startClient(lab, home, 'cursor')
  await client.ready(60_000)
  await live(story, async (begun) => {
    await begun()
    await pause(LONG_MS / 2)
  })
  const db = new Database(join(home.stateFolder, 'watch.db'))
  db.exec(NOTE_TELLING)
  db.close()
  for (let life = 0; life < LIVES; life += 1) {
    const busy = keepBusy(story, life)
    await live(story, async (begun) => {
      if (life % LONG_EVERY !== 0 && life % EARLY_EVERY === 1) return pause(between(EARLY_MS))
      await begun()
      await (life % LONG_EVERY === 0 ? untilShown(story) : pause(between(SHORT_MS)))
    })
    await busy
    if (life % 10 === 0) expect(integrity(home)).toBe('ok')
  }
  const undecided = (): string[] =>
    ask(home, 'SELECT id FROM finding WHERE id NOT IN (SELECT finding_id FROM delivery)')
  // What the last ones found and did not come to tell.
  await live(story, async (begun) => {
    await begun()
    await pause(LONG_MS)
    await waitFor(() => undecided().length === 0, {
      what: () => `all is decided but ${undecided().length} findings`,
      deadlineMs: PATIENCE_MS,
      everyMs: 500,
    })
  })
  expect(integrity(home)).toBe('ok')

  const kept = ask<string>(home, 'SELECT id FROM finding')
  expect(kept.length).toBeGreaterThan(20)
  expect(kept).toEqual(expect.arrayContaining(printed))
  expect(new Set(printed).size).toBe(printed.length)
  const told = ask<string>(home, 'SELECT finding_id FROM told_note')
  expect(told.length).toBeGreaterThan(20)
  expect(new Set(told).size).toBe(told.length)
  expect(undecided()).toEqual([])
  // A daemon killed between the decision and the desktop shows nothing; none shows more than was decided.
  const shown = desktop.shown.slice(1)
  expect(shown.length).toBeGreaterThan(5)
  expect(shown.length).toBeLessThanOrEqual(ask(home, 'SELECT DISTINCT at FROM told_note').length)
}

const title = `${LIVES} times kill -9: the database is whole, and nothing is told twice`
it.skipIf(failureObstacle() !== null)(
  titled(title),
  async () => {
    const home = tempHome()
    const lab = await startLab()
    try {
      home.write(
        '.config/mcp-watch/policy.jsonc',
        '{ "version": 1, "notify": { "coolDown": "0s", "minSeverity": "low" } }',
      )
      const names = ['one', 'two', 'three']
      const rogues = names.map((name) => prepareRogue(home, name))
      const servers = names.map((name, i) => [
        name,
        { command: 'node', args: [rogues[i]?.script ?? ''] },
      ])
      configure(home, 'cursor', Object.fromEntries(servers))
      const desktop = await startLabDesktop(lab, home)
      await tellStory({ lab, home, desktop, rogues, printed: [] })
    } finally {
      await lab.stop()
      home.remove()
    }
  },
  STORY_MS,
)
