/** Clients' files in a home of their own, and the built program that follows them. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { eventSchema, statusSchema, type WatchEvent } from '../../shared/contract/answers.ts'
import type { FindingJson } from '../../shared/contract/common.ts'
import { type History, historySchema } from '../../shared/contract/history.ts'
import { type CliRun, cli, startCli } from './cli.ts'
import { type TempHome, tempHome } from './temp-home.ts'
import { waitFor } from './wait-for.ts'

export const CURSOR = '.cursor/mcp.json'
/** Of a client that is not known: such files are looked for every ten seconds. */
export const WINDSURF = '.windsurf/mcp.json'

/** Longer than a busy machine takes for what needs seconds. */
const DEADLINE_MS = 40_000

export type Servers = Readonly<Record<string, object>>

export interface DriftScene {
  readonly home: TempHome
  /** Puts a file in place, as a careful program does: beside it first. */
  declare(file: string, servers: Servers): void
  start(env?: Readonly<Record<string, string>>): Promise<void>
  /** By the daemon's clock, in ms since the epoch. */
  lookedAt(at: number): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<void>
  /** About the configuration of this home, as the daemons printed them so far. */
  findings(): readonly FindingJson[]
  /** The first that fits, printed already or to come. */
  found(what: string, fits: (finding: FindingJson) => boolean): Promise<FindingJson>
  /** As they are kept. */
  kept(): Promise<readonly FindingJson[]>
  history(server: string): Promise<History['servers']>
  /** Once it is as it should be: what is printed is written a moment later. */
  historyOnce(
    server: string,
    fits: (servers: History['servers']) => boolean,
  ): Promise<History['servers']>
  /** Events of the daemon that was started last. */
  events(): readonly WatchEvent[]
  end(): Promise<void>
}

export const isHigh = ({ severity }: FindingJson): boolean => severity === 'high'

export const about =
  (server: string, said: string) =>
  (finding: FindingJson): boolean =>
    finding.server === server && finding.explanation.includes(said)

export function driftScene(): DriftScene {
  const home = tempHome()
  const daemons: CliRun[] = []
  const running = (): CliRun | null => {
    const last = daemons.at(-1) ?? null
    return last?.child.exitCode === null && last.child.signalCode === null ? last : null
  }
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    const daemon = running()
    daemon?.child.kill(signal)
    await daemon?.ended()
  }
  const lastTick = async (): Promise<{ lastTickAt: number; startedAt: number } | null> => {
    const { code, stdout } = await cli(['status', '--json'], home.env)
    if (code !== 0) return null
    const { lastTickAt, startedAt } = statusSchema.parse(JSON.parse(stdout)).daemon
    return { lastTickAt: Date.parse(lastTickAt ?? ''), startedAt: Date.parse(startedAt) }
  }
  const eventsOf = (run: CliRun | undefined): readonly WatchEvent[] =>
    (run?.lines() ?? []).map((line) => eventSchema.parse(line))
  // Clients that happen to run on this machine may have configurations of their own.
  const isOurs = ({ kind, explanation }: FindingJson): boolean =>
    kind === 'config-drift' && explanation.includes(home.path)
  const findings = (): readonly FindingJson[] =>
    daemons
      .flatMap(eventsOf)
      .flatMap((event) =>
        event.event === 'finding' && isOurs(event.finding) ? [event.finding] : [],
      )
  const history = async (server: string): Promise<History['servers']> => {
    const { code, stdout, stderr } = await cli(['history', server, '--json'], home.env)
    if (code !== 0) throw new Error(stderr)
    return historySchema.parse(JSON.parse(stdout)).servers
  }
  return {
    home,
    declare(file, servers) {
      const path = home.join(file)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(`${path}.new`, JSON.stringify({ mcpServers: servers }, null, 2))
      renameSync(`${path}.new`, path)
    },
    async start(env = {}) {
      const args = ['start', '--engine', 'ss', '--interval', '250ms', '--port', '0']
      const run = startCli(args, { ...home.env, ...env })
      daemons.push(run)
      // What is there is known once it was compared, which its first tick does.
      await waitFor(
        async () => {
          if (run.child.exitCode !== null) throw new Error(`it ended: ${run.stderr}`)
          const tick = await lastTick()
          return tick !== null && tick.lastTickAt >= tick.startedAt
        },
        { what: 'its first tick', deadlineMs: DEADLINE_MS },
      )
    },
    async lookedAt(at) {
      const what = 'a tick at the time that the clock was set to'
      const isThere = async () => ((await lastTick())?.lastTickAt ?? 0) >= at
      await waitFor(isThere, { what, deadlineMs: DEADLINE_MS })
    },
    stop,
    findings,
    found: (what, fits) =>
      waitFor(() => findings().find(fits), {
        what: () => `${what} in ${JSON.stringify(findings())}`,
        deadlineMs: DEADLINE_MS,
      }),
    async kept() {
      const { stdout } = await cli(['findings', '--json', '--since', '30d'], home.env)
      const answer = JSON.parse(stdout) as { findings?: FindingJson[] }
      return (answer.findings ?? []).filter(isOurs)
    },
    history,
    async historyOnce(server, fits) {
      let seen: History['servers'] = []
      await waitFor(
        async () => {
          seen = await history(server).catch(() => [])
          return fits(seen)
        },
        {
          what: () => `the history of ${server}: ${JSON.stringify(seen)}`,
          deadlineMs: DEADLINE_MS,
        },
      )
      return seen
    },
    events: () => eventsOf(daemons.at(-1)),
    async end() {
      await stop('SIGKILL')
      home.remove()
    },
  }
}
