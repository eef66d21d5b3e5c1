/** `mcp-watch start`: runs the daemon in the foreground and shows what it sees. */
import type { ExitCode } from '../../shared/errors.ts'
import type { EngineName } from '../../shared/model/observation.ts'
import type { Entry, Io } from '../io.ts'
import type { Duration } from '../options.ts'
import { jsonLine } from '../render/json.ts'
import type { View } from '../view.ts'

export interface StartOptions {
  readonly detach?: boolean
  readonly engine?: EngineName
  readonly interval?: Duration
  /** Of the API over TCP; 0 is none. */
  readonly port?: number
  readonly verbose?: boolean
  /** Set by `start --detach` for the process that it starts. */
  readonly background?: boolean
}

type Running = Awaited<ReturnType<Entry['runDaemon']>>

export async function start(options: StartOptions, io: Io): Promise<ExitCode> {
  const signals = listenForSignals(io)
  try {
    const entry = await io.entry()
    const view = await viewFor(options, io)
    const beginning = entry.runDaemon({
      engine: options.engine ?? null,
      intervalMs: options.interval?.ms ?? null,
      port: options.port ?? null,
      onEvent: (event) => view.event(event),
      ...(view.status === undefined ? {} : { onStatus: view.status }),
    })
    const daemon = await Promise.race([beginning, signals.first])
    if (daemon === undefined) {
      // Asked to end before it began; main.ts does not wait long for this.
      beginning.then((late) => late.stop()).catch(() => undefined)
      return 0
    }
    await watch({ options, io, entry, view, daemon, signalled: signals.first })
    return 0
  } finally {
    signals.stop()
  }
}

/** From the first sign that the daemon runs to its end. */
async function watch(run: {
  readonly options: StartOptions
  readonly io: Io
  readonly entry: Entry
  readonly view: View
  readonly daemon: Running
  readonly signalled: Promise<void>
}): Promise<void> {
  const { options, io, entry, view, daemon } = run
  try {
    const over = Promise.race([run.signalled, io.closed])
    const status = await Promise.race([daemon.status(), over])
    // Nothing could be looked at yet, and nobody waits for it any more.
    if (status === undefined) return
    view.begin({
      status,
      logFile: daemon.logFile,
      whereabouts: daemon,
      clients: entry.knownClients(),
      verbose: options.verbose ?? false,
    })
    if (options.background === true) {
      io.redirectErrors(daemon.logFile)
      io.tellParent({ pid: daemon.pid, socket: daemon.socket, logFile: daemon.logFile })
    }
    await over
  } finally {
    view.end()
    await daemon.stop()
  }
}

async function viewFor(options: StartOptions, io: Io): Promise<View> {
  if (options.background === true) return silentView()
  if (io.screen() === null) return lineView(io)
  const { createTerminalView } = await import('../terminal-view.ts')
  return createTerminalView(io)
}

/** One JSON line an event, for programs. */
function lineView(io: Io): View {
  return { ...silentView(), event: (event) => io.out(jsonLine(event)) }
}

function silentView(): View {
  return {
    event: () => undefined,
    begin: () => undefined,
    end: () => undefined,
  }
}

/** npm passes a Ctrl-C on to what it runs, which got it from the terminal already: within this time it is the same one. */
const SAME_SIGNAL_MS = 500

/** The first signal asks for a clean end; a second one ends at once, and loses at most what is being written. */
function listenForSignals(io: Io): { readonly first: Promise<void>; stop(): void } {
  let told: () => void = () => undefined
  const first = new Promise<void>((resolve) => {
    told = resolve
  })
  let firstAt: number | null = null
  const stop = io.onSignal(() => {
    if (firstAt === null) {
      firstAt = io.nowMs()
      told()
    } else if (Math.abs(io.nowMs() - firstAt) >= SAME_SIGNAL_MS) {
      io.exit(0)
    }
  })
  return { first, stop }
}
