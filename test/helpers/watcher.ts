/** mcp-watch itself in a lab: the daemon with its events, the commands beside it, and its API. */

import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { daemonFileSchema, eventSchema, type WatchEvent } from '../../shared/contract/answers.ts'
import { type Report, reportSchema } from '../../shared/contract/report.ts'
import { MAIN } from './cli.ts'
import type { Lab } from './lab.ts'
import type { LabProcess } from './lab-channel.ts'
import type { TempHome } from './temp-home.ts'
import { waitFor } from './wait-for.ts'

export interface SeenEvent {
  readonly event: WatchEvent
  /** When its line reached the test. */
  readonly receivedAt: number
}

export interface Watcher {
  readonly process: LabProcess
  readonly events: readonly SeenEvent[]
  /** The first event, past or to come, that fits. */
  event<T extends WatchEvent['event']>(
    kind: T,
    fits: (event: Extract<WatchEvent, { event: T }>) => boolean,
    wait: { readonly what: string; readonly deadlineMs: number },
  ): Promise<SeenEvent & { readonly event: Extract<WatchEvent, { event: T }> }>
}

export interface WatcherOptions {
  readonly args?: readonly string[]
  /** With capabilities, as root has them on a server. */
  readonly privileged?: boolean
  /** What it is started by, such as setpriv(1). */
  readonly as?: readonly string[]
}

/** Resolves when the daemon has said that it started; every line it prints has to be an event of the contract. */
export async function startWatcher(
  lab: Lab,
  home: TempHome,
  { args = [], privileged = false, as = [] }: WatcherOptions = {},
): Promise<Watcher> {
  const [command = '', ...words] = [...as, process.execPath, MAIN, 'start', ...args]
  const running = await lab.start(command, words, {
    env: home.env,
    cwd: home.path,
    privileged,
  })
  const events: SeenEvent[] = []
  running.onLine((line) => {
    events.push({ event: eventSchema.parse(JSON.parse(line)), receivedAt: Date.now() })
  })
  const watcher: Watcher = {
    process: running,
    events,
    event: (kind, fits, { what, deadlineMs }) => {
      type Wanted = Extract<WatchEvent, { event: typeof kind }>
      const find = (): (SeenEvent & { event: Wanted }) | undefined =>
        events.find((seen): seen is SeenEvent & { event: Wanted } => {
          const { event } = seen
          return event.event === kind && fits(event as Wanted)
        })
      return waitFor(
        () => {
          if (running.exit !== null) throw new Error(`the daemon ended: ${running.stderr}`)
          return find()
        },
        { what, deadlineMs },
      )
    },
  }
  await watcher.event('started', () => true, { what: 'the daemon starts', deadlineMs: 20_000 })
  return watcher
}

export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command of mcp-watch in the lab to its end. */
export async function mcpWatch(
  lab: Lab,
  home: TempHome,
  ...args: readonly string[]
): Promise<CommandResult> {
  const { env, path: cwd } = home
  const running = await lab.start(process.execPath, [MAIN, ...args], { env, cwd })
  const { code } = await running.exited(30_000)
  return { code, stdout: running.stdout, stderr: running.stderr }
}

export async function readReport(lab: Lab, home: TempHome): Promise<Report> {
  const { code, stdout, stderr } = await mcpWatch(lab, home, 'report', '--json')
  if (code !== 0) throw new Error(`report ended with ${code}: ${stderr}`)
  return reportSchema.parse(JSON.parse(stdout))
}

/** GET a path of the daemon's API over its Unix socket, which a network namespace does not hide. */
export function getApi(home: TempHome, path: string): Promise<{ status: number; body: string }> {
  const file = readFileSync(join(home.stateFolder, 'daemon.json'), 'utf8')
  const { socket } = daemonFileSchema.parse(JSON.parse(file))
  return new Promise((resolve, reject) => {
    request({ socketPath: socket, path: `/api/v1/${path}`, timeout: 10_000 }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
      .on('error', reject)
      .end()
  })
}
