/** One notification after the other, so that whatever the desktop does, the daemon does not wait for it. */
import { setTimeout as pause } from 'node:timers/promises'
import { McpWatchError } from '../../shared/errors.ts'
import type { Log } from '../ports.ts'
import type { Notification, Notifier } from './notification.ts'

export interface SendQueue {
  push(notification: Notification): void
  /** Drops what waits; resolves when nothing is under way any more, or was given up. */
  stop(): Promise<void>
}

/** When a desktop answers this slowly, the oldest ones that wait are the least use. */
export const QUEUE_LIMIT = 20
/** A session may just be beginning, or its notification service be started anew; after the last one it is given up. */
export const RETRY_AFTER_MS = [15_000, 60_000, 300_000, 900_000] as const
const STOP_GRACE_MS = 1_000

interface Waiting {
  readonly notification: Notification
  /** How often it was tried. */
  readonly tries: number
}

/** Each distinct failure is logged once; none is passed on. What certainly was not shown is tried again. */
export function createSendQueue(notifier: Notifier, log: Log): SendQueue {
  const complain = onceEach(log)
  const later = new Map<Waiting, NodeJS.Timeout>()
  let waiting: Waiting[] = []
  let sending: Promise<void> | null = null
  let isStopped = false

  const add = (one: Waiting): void => {
    waiting.push(one)
    const room = QUEUE_LIMIT - later.size
    if (waiting.length > room) {
      waiting = waiting.slice(-Math.max(1, room))
      complain(new McpWatchError('TOOL_TIMEOUT', 'notifications wait too long; some are dropped'))
    }
    sending ??= sendAll()
  }
  const tryLater = ({ notification, tries }: Waiting): void => {
    const delay = RETRY_AFTER_MS[tries]
    if (delay === undefined || isStopped || later.size >= QUEUE_LIMIT) return
    const next = { notification, tries: tries + 1 }
    const timer = setTimeout(() => {
      later.delete(next)
      add(next)
    }, delay)
    later.set(next, timer.unref())
  }
  const sendAll = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        await notifier.send(next.notification)
      } catch (error) {
        complain(error)
        if (wasNotShown(error)) tryLater(next)
      }
    }
    sending = null
  }
  return {
    push: (notification) => add({ notification, tries: 0 }),
    async stop() {
      isStopped = true
      waiting = []
      for (const timer of later.values()) clearTimeout(timer)
      later.clear()
      if (sending !== null)
        await Promise.race([sending, pause(STOP_GRACE_MS, undefined, { ref: false })])
      notifier.stop()
    },
  }
}

/** A service that did not answer in time may show it all the same, later: tried again it would be told twice. */
function wasNotShown(error: unknown): boolean {
  return (
    error instanceof McpWatchError &&
    (error.code === 'TOOL_FAILED' || error.code === 'TOOL_MISSING')
  )
}

/** The messages of McpWatchError are a closed set here, so what is remembered is bounded. */
function onceEach(log: Log): (error: unknown) => void {
  const said = new Set<string>()
  return (error) => {
    const kind = error instanceof McpWatchError ? `${error.code} ${error.message}` : 'unexpected'
    if (said.has(kind)) return
    said.add(kind)
    log.warn({ err: error }, 'a notification could not be shown')
  }
}
