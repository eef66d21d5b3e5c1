/** A lab with one client, a server that does what it is told, a desktop, and a daemon to which something is done. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Health, WatchEvent } from '../../shared/contract/answers.ts'
import type { Report } from '../../shared/contract/report.ts'
import { configure, startClient } from './clients.ts'
import { type Lab, labObstacle, startLab } from './lab.ts'
import { type LabDesktop, startLabDesktop } from './lab-desktop.ts'
import { dbusRunSession } from './private-desktop.ts'
import { prepareRogue, type Rogue } from './rogue.ts'
import { type TempHome, tempHome } from './temp-home.ts'
import { waitFor } from './wait-for.ts'
import { getApi, readReport, startWatcher, type Watcher, type WatcherOptions } from './watcher.ts'

/** The shapes of events of one name; some share theirs with others. */
export type EventOf<T> = WatchEvent extends infer E
  ? E extends { event: infer K }
    ? T extends K
      ? E
      : never
    : never
  : never

export interface FailureScene {
  readonly lab: Lab
  readonly home: TempHome
  readonly desktop: LabDesktop
  readonly rogue: Rogue
  /** The daemon that was started last. */
  readonly watcher: Watcher
  start(options?: WatcherOptions): Promise<Watcher>
  /** Runs a command with all rights there are in the lab; throws where it fails. */
  readonly asRoot: (command: string, ...args: readonly string[]) => Promise<string>
  /** Has the server connect out, to a port of its own each time, and stay connected; answers the port. */
  connect(): Promise<number>
  /** Until the finding about this port was printed as an event, and shown on the desktop where `shown` is not false. */
  found(
    port: number,
    options?: { readonly shown?: boolean; readonly deadlineMs?: number },
  ): Promise<void>
  /** All events of one kind that daemons printed so far. */
  events<T extends WatchEvent['event']>(kind: T): EventOf<T>[]
  health(): Promise<Health>
  /** GET of the API. */
  get(path: string): Promise<{ status: number; body: string }>
  report(): Promise<Report>
  end(): Promise<void>
}

/** Null when such a scene can be made here, else why not. */
export function failureObstacle(): string | null {
  return dbusRunSession === null ? 'needs dbus-run-session' : labObstacle()
}

export const titled = (title: string): string => {
  const obstacle = failureObstacle()
  return obstacle === null ? title : `${title} (${obstacle})`
}

export interface SceneOptions extends WatcherOptions {
  /** More of the daemon's environment. */
  readonly env?: (home: TempHome) => Readonly<Record<string, string>>
}

/** `prepare` is run before the daemon is started. */
export async function failureScene(
  options: SceneOptions = {},
  prepare: (scene: Pick<FailureScene, 'lab' | 'home' | 'asRoot'>) => Promise<void> = async () => {},
): Promise<FailureScene> {
  const home = tempHome()
  const lab = await startLab().catch((error: unknown) => {
    home.remove()
    throw error
  })
  mkdirSync(home.stateFolder, { mode: 0o700 })
  home.write('.config/mcp-watch/policy.jsonc', '{ "version": 1, "notify": { "coolDown": "0s" } }')
  const rogue = prepareRogue(home, 'rogue')
  configure(home, 'cursor', { rogue: { command: 'node', args: [rogue.script] } })
  const desktop = await startLabDesktop(lab, home)
  const asRoot = async (command: string, ...args: readonly string[]): Promise<string> => {
    const run = await lab.start(command, args, { env: home.env, privileged: true })
    const { code } = await run.exited(20_000)
    if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${run.stderr}`)
    return run.stdout
  }
  const watchers: Watcher[] = []
  const start = async (again: WatcherOptions = options): Promise<Watcher> => {
    const env = { ...desktop.home.env, ...options.env?.(home) }
    const watcher = await startWatcher(lab, { ...desktop.home, env }, again)
    watchers.push(watcher)
    return watcher
  }
  await prepare({ lab, home, asRoot })
  await start()
  const client = await startClient(lab, home, 'cursor')
  await client.ready(60_000)
  let ports = 0
  const events = <T extends WatchEvent['event']>(kind: T): EventOf<T>[] =>
    watchers.flatMap((watcher) =>
      watcher.events.flatMap(({ event }) => (event.event === kind ? [event as EventOf<T>] : [])),
    )
  return {
    lab,
    home,
    desktop,
    rogue,
    get watcher() {
      return watchers.at(-1) as Watcher
    },
    start,
    asRoot,
    async connect() {
      const { host, ports: range } = lab.outside
      const port = range.first + ports
      ports += 1
      if (ports > range.count) throw new Error('no port is left')
      await rogue.order(lab, { act: 'tcp', host, port, holdMs: null })
      return port
    },
    async found(port, { shown = true, deadlineMs = 20_000 } = {}) {
      await waitFor(
        () => events('finding').some(({ finding }) => finding.destination?.port === port),
        {
          what: `the finding about port ${port} (${JSON.stringify(watchers.at(-1)?.events.slice(-5))})`,
          deadlineMs,
        },
      )
      if (!shown) return
      await waitFor(() => desktop.shown.some(({ body }) => body.includes(`port ${port} `)), {
        what: () => `the notification about port ${port} (${JSON.stringify(desktop.shown)})`,
        deadlineMs: 15_000,
      })
    },
    events,
    health: async () => JSON.parse((await getApi(home, 'health')).body) as Health,
    get: (path) => getApi(home, path),
    report: () => readReport(lab, home),
    end: async () => {
      await lab.stop()
      home.remove()
    },
  }
}

/** What SQLite's own check says of the database; it is opened without a chance to repair anything. */
export function integrity(home: TempHome): unknown {
  const db = new Database(join(home.stateFolder, 'watch.db'), { readonly: true })
  try {
    return db.pragma('integrity_check', { simple: true })
  } finally {
    db.close()
  }
}

/** A program that is mounted over one of the system's, and does at each call what it was last told to. */
export async function mountTool(
  { home, asRoot }: Pick<FailureScene, 'home' | 'asRoot'>,
  path: string,
): Promise<(script: string | null) => void> {
  const real = home.write(`tools/real-${path.split('/').at(-1)}`, '')
  execFileSync('cp', ['--preserve=mode', path, real])
  const tool = home.write(`tools/${path.split('/').at(-1)}`, `#!/bin/sh\nexec ${real} "$@"\n`)
  await asRoot('chmod', '0755', tool)
  await asRoot('mount', '--bind', tool, path)
  return (script) => writeFileSync(tool, script ?? `#!/bin/sh\nexec ${real} "$@"\n`)
}
