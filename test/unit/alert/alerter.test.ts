import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type AlertContext, createAlerter } from '../../../daemon/alert/alerter.ts'
import { WINDOW_MS } from '../../../daemon/alert/decide.ts'
import type { Notification, NotifierDescription } from '../../../daemon/alert/notification.ts'
import { QUEUE_LIMIT, RETRY_AFTER_MS } from '../../../daemon/alert/send-queue.ts'
import { McpWatchError } from '../../../shared/errors.ts'
import type { Delivery } from '../../../shared/model/delivery.ts'
import { record, T0 } from '../store/ticks.ts'
import { anEarlierRun, files, found, memory, settings } from './build.ts'

const context: AlertContext = {
  records: new Map([files, memory].map((it) => [it.server.id, it])),
  hostOf: () => null,
  mutesOf: () => [],
}

function alerterOn(send: (notification: Notification) => Promise<void> = async () => {}) {
  const logged: string[] = []
  const shown: Notification[] = []
  const recorded: Delivery[][] = []
  const say = (fields: object, message: string): void => {
    const { err } = fields as { err?: Error }
    logged.push(err === undefined ? message : `${message}: ${err.message}`)
  }
  const desktop = { description: { path: 'gdbus', why: 'a test' } as NotifierDescription }
  const store = { fails: false }
  const alerter = createAlerter({
    notifier: {
      describe: () => desktop.description,
      send: async (notification) => {
        shown.push(notification)
        await send(notification)
      },
      stop: () => {},
    },
    clock: { wallMs: () => Date.now() },
    log: { debug: say, info: say, warn: say, error: say },
    store: {
      recordDelivery(deliveries) {
        if (store.fails) throw new McpWatchError('STATE_FOLDER', 'the disk is full')
        recorded.push([...deliveries])
      },
    },
    memory: anEarlierRun,
    policy: () => ({ ...settings, coolDownMs: 0 }),
  })
  return { alerter, logged, shown, recorded, desktop, store }
}

beforeEach(() => {
  vi.useFakeTimers({ now: T0 })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the alerter', () => {
  it('tells when the window is over, also where the next tick is far away, and records it first', async () => {
    const { alerter, shown, recorded } = alerterOn()
    alerter.tick([found(files, 1)], context)
    await vi.advanceTimersByTimeAsync(WINDOW_MS - 1)
    expect([shown.length, recorded.length]).toEqual([0, 0])
    await vi.advanceTimersByTimeAsync(2)
    expect(shown).toHaveLength(1)
    expect(recorded).toEqual([[expect.objectContaining({ outcome: 'told' })]])
  })

  it('tells nothing after it was stopped: what was open is news to the next run', async () => {
    const { alerter, shown, recorded } = alerterOn()
    alerter.tick([found(files, 1)], context)
    await alerter.stop()
    await vi.advanceTimersByTimeAsync(60_000)
    expect([shown.length, recorded.length]).toEqual([0, 0])
  })

  it('says once that there is no desktop, and that is no error', async () => {
    const { alerter, logged, shown, desktop } = alerterOn()
    desktop.description = { path: 'none', why: 'no bus' }
    for (let n = 0; n < 5; n += 1) {
      alerter.tick([found(files, n)], context)
      await vi.advanceTimersByTimeAsync(WINDOW_MS + 1)
    }
    expect(logged).toEqual(['findings are not shown on a desktop'])
    expect(shown).toEqual([])
  })

  it('goes on when nothing can be shown, and logs each kind of failure once', async () => {
    const failures = ['exit 1', 'exit 1', 'nobody']
    const { alerter, logged, shown } = alerterOn(async () => {
      throw new McpWatchError('TOOL_FAILED', failures.shift() ?? 'exit 1')
    })
    for (let n = 0; n < 5; n += 1) {
      alerter.tick([found(files, n)], context)
      await vi.advanceTimersByTimeAsync(WINDOW_MS + 1)
    }
    expect(shown).toHaveLength(5)
    expect(logged).toEqual([
      'a notification could not be shown: exit 1',
      'a notification could not be shown: nobody',
    ])
  })

  it('tries again what was not shown, less and less often, until it is shown or given up', async () => {
    let works = false
    const { alerter, shown } = alerterOn(async () => {
      if (!works) throw new McpWatchError('TOOL_FAILED', 'nobody')
    })
    alerter.tick([found(files, 1)], context)
    await vi.advanceTimersByTimeAsync(WINDOW_MS + 15_000 + 60_000 + 1)
    expect(shown).toHaveLength(3)
    works = true
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(shown).toHaveLength(4)
    works = false
    alerter.tick([found(files, 2)], context)
    await vi.advanceTimersByTimeAsync(24 * 3_600_000)
    expect(shown).toHaveLength(4 + 1 + RETRY_AFTER_MS.length)
  })

  it('does not try again what may be shown all the same', async () => {
    const { alerter, shown } = alerterOn(async () => {
      throw new McpWatchError('TOOL_TIMEOUT', 'no answer')
    })
    alerter.tick([found(files, 1)], context)
    await vi.advanceTimersByTimeAsync(24 * 3_600_000)
    expect(shown).toHaveLength(1)
  })

  it('shows one at a time, and lets the oldest go when too many wait', async () => {
    let release: () => void = () => {}
    const { alerter, shown } = alerterOn(() => new Promise((resolve) => (release = resolve)))
    for (let n = 0; n < QUEUE_LIMIT + 5; n += 1) {
      alerter.tick([found(files, n)], context)
      await vi.advanceTimersByTimeAsync(WINDOW_MS + 1)
    }
    expect(shown).toHaveLength(1)
    for (let n = 0; n < QUEUE_LIMIT + 5; n += 1) {
      release()
      await vi.advanceTimersByTimeAsync(1)
    }
    expect(shown).toHaveLength(1 + QUEUE_LIMIT)
    expect(shown.at(-1)?.findingIds).toEqual([found(files, QUEUE_LIMIT + 4).id])
  })

  it('tells all the same when it cannot be recorded, and records it with the next tick', async () => {
    const { alerter, shown, recorded, logged, store } = alerterOn()
    store.fails = true
    alerter.tick([found(files, 1)], context)
    await vi.advanceTimersByTimeAsync(WINDOW_MS + 1)
    store.fails = false
    alerter.tick([found(memory, 1)], context)
    await vi.advanceTimersByTimeAsync(WINDOW_MS + 1)
    expect([shown.length, logged.length]).toEqual([2, 1])
    expect(recorded.flat()).toHaveLength(2)
  })

  it('survives whatever goes wrong while deciding', () => {
    const { alerter, logged } = alerterOn()
    const broken = { ...context, records: null as unknown as AlertContext['records'] }
    vi.setSystemTime(T0)
    alerter.tick([found(record('x'), 1)], broken)
    vi.setSystemTime(T0 + WINDOW_MS)
    expect(() => alerter.tick([], broken)).not.toThrow()
    expect(logged).toHaveLength(1)
  })
})
