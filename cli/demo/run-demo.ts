/** The demo from its begin to its end: stage, daemon in this process, the two servers, and nothing left behind. */
import type { Status, WatchEvent } from '../../shared/contract/answers.ts'
import { McpWatchError } from '../../shared/errors.ts'
import type { Entry } from '../io.ts'
import { until } from '../poll.ts'
import { openSession, type Session } from './client.ts'
import { faultOf, NOTHING_YET, type Outcome, withEvent } from './outcome.ts'
import { buildStage, type Listener, listenSomewhere, type ServerName, type Stage } from './stage.ts'

/** Short, so that the demo is; the usual one is longer. */
const INTERVAL_MS = 300
const PATIENCE_MS = 8_000
/** So many tables (at most one a second) after the servers did their work give both the same chance to be flagged. */
const LOOKS = 2

export interface DemoOptions {
  readonly entry: Pick<Entry, 'runDaemon'>
  /** False: the server that connects aside does not, so that nothing is to be found. For tests. */
  readonly misbehaves: boolean
  /** Told where the servers connect to, once all is ready to watch. */
  readonly onBegin: (begin: { readonly status: Status; readonly port: number }) => void
  readonly onEvent: (event: WatchEvent) => void
  /** Aborted: what was begun is ended, and DEMO_FAILED thrown. */
  readonly abort: AbortSignal
}

export interface DemoResult {
  readonly outcome: Outcome
  /** What is wrong with it; null when it is as it has to be. */
  readonly fault: string | null
}

type Closer = () => void | Promise<void>

/** Throws DEMO_FAILED where the demo could not be shown, and what `runDaemon` throws. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const closers: Closer[] = []
  try {
    const listener = await listenSomewhere()
    closers.push(() => listener.close())
    const stage = buildStage(options.misbehaves ? listener.port : null)
    const remove = (): void => stage.remove()
    closers.push(remove)
    // Also when the process is made to end on the spot.
    process.once('exit', remove)
    closers.push(() => void process.off('exit', remove))
    return await play(options, stage, listener, closers)
  } finally {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close()
  }
}

async function play(
  options: DemoOptions,
  stage: Stage,
  listener: Listener,
  closers: Closer[],
): Promise<DemoResult> {
  let outcome = NOTHING_YET
  let looks: ReadonlySet<string> = new Set()
  let usedAt = Number.POSITIVE_INFINITY
  const daemon = await options.entry.runDaemon({
    engine: null,
    intervalMs: INTERVAL_MS,
    sandbox: { env: stage.env, home: stage.home },
    onEvent: (event) => {
      outcome = withEvent(outcome, event)
      options.onEvent(event)
    },
    onStatus: ({ daemon: { lastTickAt } }) => {
      if (lastTickAt !== null && Date.parse(lastTickAt) > usedAt)
        looks = new Set([...looks, lastTickAt])
    },
  })
  closers.push(() => daemon.stop())
  options.onBegin({ status: await daemon.status(), port: listener.port })

  await useServers(stage, closers)
  usedAt = Date.now()
  const isOver = (): boolean =>
    options.abort.aborted || (looks.size >= LOOKS && faultOf(outcome, options.misbehaves) === null)
  await until(isOver, PATIENCE_MS)
  if (options.abort.aborted) {
    throw new McpWatchError('DEMO_FAILED', 'the demo was ended before it could tell')
  }
  return { outcome, fault: faultOf(outcome, options.misbehaves) }
}

/** Both at once. Those that could be started are ended also where the other could not. */
async function useServers(stage: Stage, closers: Closer[]): Promise<void> {
  const surroundings = { env: stage.env, cwd: stage.home }
  const names = Object.keys(stage.servers) as ServerName[]
  const opened = await Promise.allSettled(
    names.map((name) => openSession(name, stage.servers[name], surroundings)),
  )
  const sessions: Session[] = opened.flatMap((each) =>
    each.status === 'fulfilled' ? [each.value] : [],
  )
  closers.push(async () => void (await Promise.allSettled(sessions.map((each) => each.close()))))
  for (const each of opened) if (each.status === 'rejected') throw each.reason
}
