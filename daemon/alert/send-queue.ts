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
const STOP_GRACE_MS = 1_000

/** Each distinct failure is logged once; none is passed on. */
export function createSendQueue(notifier: Notifier, log: Log): SendQueue {
  const complain = onceEach(log)
  let waiting: Notification[] = []
  let sending: Promise<void> | null = null

  const sendAll = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        await notifier.send(next)
      } catch (error) {
        complain(error)
      }
    }
    sending = null
  }
  return {
    push(notification) {
      waiting.push(notification)
      if (waiting.length > QUEUE_LIMIT) {
        waiting = waiting.slice(-QUEUE_LIMIT)
        complain(new McpWatchError('TOOL_TIMEOUT', 'notifications wait too long; some are dropped'))
      }
      sending ??= sendAll()
    },
    async stop() {
      waiting = []
      if (sending !== null)
        await Promise.race([sending, pause(STOP_GRACE_MS, undefined, { ref: false })])
      notifier.stop()
    },
  }
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
