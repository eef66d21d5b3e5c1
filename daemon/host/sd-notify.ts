/**
 * Tells systemd how the daemon is: sd_notify(3), sd_watchdog_enabled(3). The watchdog is fed by samples that came to an
 * end and by nothing else: a timer would go on telling that all is well while nothing is looked at any more.
 */
import type { Health } from '../../shared/contract/answers.ts'
import type { CaptureEngine, Clock } from '../ports.ts'

/** One datagram to a Unix socket; false when it was not taken. */
export type SendDatagram = (address: string, message: Uint8Array) => boolean

export interface Supervisor {
  /** The daemon can be asked and has begun to watch. */
  ready(): void
  /** A sample came to its end, well or not: the daemon is alive. */
  beat(): void
  /** A sentence for `systemctl status`; of our own words only. */
  status(text: string): void
  stopping(): void
}

type Environment = Readonly<Record<string, string | undefined>>

export interface SupervisorDeps {
  readonly env: Environment
  readonly pid: number
  readonly clock: Clock
  /** Null where no datagram can be sent from here. */
  readonly send: SendDatagram | null
}

/** Tells nobody: for a daemon that no service manager started. */
export const NO_SUPERVISOR: Supervisor = { ready() {}, beat() {}, status() {}, stopping() {} }

/** What `systemctl status` says, by the daemon's own health. */
export const STATUS_TEXTS = {
  ok: 'watching',
  'not-storing': 'watching; nothing can be stored',
  'not-watching': 'looking at sockets fails',
} as const satisfies Record<Health['status'], string>

/** Where systemd wants to be told; null where it does not, as outside of a service of Type=notify. */
export function notifySocket(env: Environment): string | null {
  const address = env['NOTIFY_SOCKET'] ?? ''
  return /^[/@]./.test(address) ? address : null
}

/** What is not taken (systemd's queue is full for a moment) is said again with the next beat. */
export function createSupervisor({ env, pid, clock, send }: SupervisorDeps): Supervisor {
  const address = notifySocket(env)
  if (address === null || send === null) return NO_SUPERVISOR
  const everyMs = feedIntervalMs(env, pid)
  let isReady = false
  let unsaid: string[] = []
  let fedAt = Number.NEGATIVE_INFINITY
  let lastStatus = ''
  const flush = (): void => {
    if (unsaid.length > 0 && send(address, Buffer.from(unsaid.join('\n')))) unsaid = []
  }
  return {
    ready() {
      isReady = true
      unsaid.push('READY=1')
      flush()
    },
    beat() {
      const now = clock.monotonicMs()
      if (isReady && everyMs !== null && now - fedAt >= everyMs) {
        fedAt = now
        unsaid = [...unsaid.filter((each) => each !== 'WATCHDOG=1'), 'WATCHDOG=1']
      }
      flush()
    },
    status(text) {
      if (text === lastStatus) return
      lastStatus = text
      // A line is an assignment; the later of two counts, so earlier ones need not be said any more.
      const line = `STATUS=${text.replaceAll('\n', ' ')}`
      unsaid = [...unsaid.filter((each) => !each.startsWith('STATUS=')), line]
      flush()
    },
    stopping() {
      unsaid.push('STOPPING=1')
      flush()
    },
  }
}

/** A quarter of the time after which systemd gives the daemon up; null when its watchdog is not on for this process. */
function feedIntervalMs(env: Environment, pid: number): number | null {
  const owner = env['WATCHDOG_PID']
  if (owner !== undefined && owner !== String(pid)) return null
  const usec = Number(env['WATCHDOG_USEC'] ?? Number.NaN)
  return Number.isSafeInteger(usec) && usec > 0 ? usec / 4_000 : null
}

/** The same engine, heard: `beat` is called at the end of each sample, after all that was made of it. */
export function heard(engine: CaptureEngine, beat: () => void): CaptureEngine {
  return {
    describe: () => engine.describe(),
    watch: (...watched) => engine.watch(...watched),
    hurry: () => engine.hurry(),
    stop: () => engine.stop(),
    start: (sink) =>
      engine.start({
        prepare: () => sink.prepare(),
        accept(batch) {
          try {
            sink.accept(batch)
          } finally {
            beat()
          }
        },
        fail(error) {
          try {
            sink.fail(error)
          } finally {
            beat()
          }
        },
      }),
  }
}
