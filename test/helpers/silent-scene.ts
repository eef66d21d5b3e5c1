/** A lab where nothing is wrong: quiet servers below three clients, a daemon that watches, and a desktop it could tell. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { WINDOW_MS } from '../../daemon/alert/decide.ts'
import type { Report } from '../../shared/contract/report.ts'
import { type RunningClient, startClient } from './clients.ts'
import { type Lab, labObstacle, startLab } from './lab.ts'
import { type LabDesktop, startLabDesktop } from './lab-desktop.ts'
import { dbusRunSession } from './private-desktop.ts'
import { claudeCode, declareQuietServers, git, LISTENING, NEARBY, python } from './quiet-servers.ts'
import { type TempHome, tempHome } from './temp-home.ts'
import { waitFor } from './wait-for.ts'
import { getApi, readReport, startWatcher, type Watcher } from './watcher.ts'

export interface WatchedLab {
  readonly lab: Lab
  readonly home: TempHome
  readonly desktop: LabDesktop
  readonly watcher: Watcher
  /** Another daemon on the same home, after the last one ended. */
  restart(): Promise<Watcher>
  report(): Promise<Report>
  /** The first report that `fits`. */
  reportWith(what: string, fits: (report: Report) => boolean): Promise<Report>
  /** Until a look at the machine was finished that began after this was called. */
  lookedAgain(): Promise<void>
  /** Until whatever was found by now has been told of, if it is to be. */
  settled(): Promise<void>
  end(): Promise<void>
}

/** What is found in this time goes into one notification; then a tool shows it. */
const TOLD_AFTER_MS = WINDOW_MS + 1_500

/** Null when such a lab can be made here, else why not. */
export function silentObstacle(): string | null {
  if (dbusRunSession === null) return 'needs dbus-run-session'
  if (python === null) return 'needs python3'
  if (git === null) return 'needs git'
  return labObstacle()
}

/** `prepare` writes what clients and the daemon read. */
export async function watchedLab(
  prepare: (home: TempHome, lab: Lab) => void | Promise<void>,
): Promise<WatchedLab> {
  const home = tempHome()
  const lab = await startLab().catch((error: unknown) => {
    home.remove()
    throw error
  })
  await prepare(home, lab)
  const desktop = await startLabDesktop(lab, home)
  const start = (): Promise<Watcher> => startWatcher(lab, desktop.home)
  const report = (): Promise<Report> => readReport(lab, home)
  const lastTick = async (): Promise<number> => {
    const { lastTickAt } = JSON.parse((await getApi(home, 'health')).body) as Record<string, string>
    return Date.parse(lastTickAt ?? '')
  }
  const ticked = async (after: number): Promise<void> => {
    const what = 'a look at the machine'
    await waitFor(async () => (await lastTick()) > after, { what, deadlineMs: 20_000 })
  }
  return {
    lab,
    home,
    desktop,
    watcher: await start(),
    restart: start,
    report,
    reportWith: (what, fits) =>
      waitFor(
        async () => {
          const now = await report()
          return fits(now) ? now : null
        },
        { what, deadlineMs: 20_000, everyMs: 300 },
      ),
    // One may be under way: the second that ends began later.
    lookedAgain: async () => {
      await ticked(Date.now())
      await ticked(Date.now())
    },
    settled: () => ticked(Date.now() + TOLD_AFTER_MS),
    end: async () => {
      await lab.stop()
      home.remove()
    },
  }
}

export interface SilentScene extends WatchedLab {
  readonly clients: readonly RunningClient[]
}

export async function silentScene(): Promise<SilentScene> {
  const watched = await watchedLab(async (home, lab) => {
    declareQuietServers(home, lab.outside)
    mkdirSync(home.join('repository'))
    commitNothing(home)
    await addPlaces(lab, home)
  })
  const { lab, home } = watched
  const { host, leakPort } = lab.outside
  const place = `${host}:${leakPort}`
  const start = async (id: 'codex' | 'cursor' | 'claude-desktop', args: string[] = []) => {
    const client = await startClient(lab, home, id, { args })
    await client.ready(60_000)
    return client
  }
  const gifts = ['--leak', `leaked=${place}`, '--pass', `passed=${place}`]
  const moreGifts = ['--hand', `handed=${place}`, '--activate', `activated=${LISTENING.activated}`]
  const [desktop, codex] = await Promise.all([
    start('claude-desktop', ['--run', JSON.stringify(claudeCode(home, host))]),
    start('codex'),
  ])
  // After Codex: what it fetched is in npm's cache by now.
  const cursor = await start('cursor', [...gifts, ...moreGifts])
  await connectAndStay(lab, home, Object.values(LISTENING))
  return { ...watched, clients: [desktop, codex, cursor] }
}

function commitNothing(home: TempHome): void {
  const as = ['-c', 'user.name=A', '-c', 'user.email=a@example.com']
  const inRepository = (...args: string[]): void => {
    execFileSync(git ?? 'git', ['-C', home.join('repository'), ...args], { env: home.env })
  }
  inRepository('init', '-q')
  inRepository(...as, 'commit', '-q', '--allow-empty', '-m', 'nothing')
}

/** Routes to the loopback interface, and a listener at each place that servers go to. */
async function addPlaces(lab: Lab, home: TempHome): Promise<void> {
  const ip = async (...args: string[]): Promise<void> => {
    const run = await lab.start('ip', args, { env: home.env, privileged: true })
    const { code } = await run.exited(5_000)
    if (code !== 0) throw new Error(`ip ${args.join(' ')}: ${run.stderr}`)
  }
  await ip('route', 'add', 'local', '10.77.0.0/24', 'dev', 'lo', 'src', '198.51.100.2')
  await ip('-6', 'route', 'add', 'local', `${NEARBY.linkLocal.host}/128`, 'dev', 'lo')
  const { database, linkLocal, remote } = NEARBY
  const places = [
    [database.port, '127.0.0.1'],
    [database.port, database.host],
    [linkLocal.port, `${linkLocal.host}%lo`],
    [remote.port, remote.host],
  ]
  const code = `const { createServer } = require('node:net')
    let left = ${places.length}
    for (const place of ${JSON.stringify(places)})
      createServer((socket) => socket.on('error', () => {}))
        .listen(...place, () => { left -= 1; if (left === 0) console.log('ready') })`
  await says('ready', await lab.start(process.execPath, ['-e', code], { env: home.env }))
}

/** Connects to ports on loopback as soon as somebody listens there, and stays connected. */
async function connectAndStay(lab: Lab, home: TempHome, ports: readonly number[]): Promise<void> {
  const code = `const { connect } = require('node:net')
    let left = ${ports.length}
    const stay = (port) => connect(port, '127.0.0.1', () => { left -= 1; if (left === 0) console.log('ready') })
      .on('error', () => setTimeout(stay, 50, port))
    for (const port of ${JSON.stringify(ports)}) stay(port)`
  await says('ready', await lab.start(process.execPath, ['-e', code], { env: home.env }))
}

export async function says(
  word: string,
  running: { readonly stdout: string; readonly stderr: string },
): Promise<void> {
  await waitFor(() => running.stdout.includes(word), {
    what: () => `a helper says ${word} (${running.stderr})`,
    deadlineMs: 15_000,
  })
}
