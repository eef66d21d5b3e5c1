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
/** For all of it, which takes a few seconds, and several times that on a busy machine; ending what was begun is on top. */
const PATIENCE_MS = 30_000
/** So many looks, told at most once a second, after the servers did their work: the same chance for both to be flagged. */
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
  const { entry, misbehaves, abort } = options
  const deadline = performance.now() + PATIENCE_MS
  const waitFor = (condition: () => boolean): Promise<boolean> =>
    until(() => abort.aborted || condition(), deadline - performance.now())
  let outcome = NOTHING_YET
  const shown: Status[] = []
  const daemon = await entry.runDaemon({
    engine: null,
    intervalMs: INTERVAL_MS,
    sandbox: { env: stage.env, home: stage.home },
    onEvent: (event) => {
      outcome = withEvent(outcome, event)
      options.onEvent(event)
    },
    onStatus: (status) => void shown.push(status),
  })
  closers.push(() => daemon.stop())
  await waitFor(() => shown.length > 0)
  const [status] = shown
  if (abort.aborted) throw endedEarly()
  if (status === undefined) throw failed('nothing could be looked at in time')
  options.onBegin({ status, port: listener.port })

  await useServers(stage, deadline - performance.now(), closers)
  const before = shown.length
  await waitFor(() => shown.length >= before + LOOKS && faultOf(outcome, misbehaves) === null)
  if (abort.aborted) throw endedEarly()
  return { outcome, fault: faultOf(outcome, misbehaves) }
}

function endedEarly(): McpWatchError {
  return failed('the demo was ended before it could tell')
}

function failed(message: string): McpWatchError {
  return new McpWatchError('DEMO_FAILED', message, {
    hint: 'try it again, or ask "mcp-watch doctor"',
  })
}

/** Both at once. The one that could be started is ended also where the other could not. */
async function useServers(stage: Stage, patienceMs: number, closers: Closer[]): Promise<void> {
  const surroundings = { env: stage.env, cwd: stage.home, patienceMs }
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
