/** Tells the user of findings: decides, records what was decided, and hands it to the desktop. Never throws or waits. */
import type { Delivery } from '../../shared/model/delivery.ts'
import type { Finding } from '../../shared/model/judgement.ts'
import type { NotifySettings } from '../../shared/model/policy.ts'
import type { Clock, Log, Store } from '../ports.ts'
import {
  type AlertInput,
  type AlertMemory,
  type AlertOutput,
  decide,
  initialAlerts,
  nextLook,
} from './decide.ts'
import type { Notifier } from './notification.ts'
import { createSendQueue } from './send-queue.ts'

export type AlertContext = Pick<AlertInput, 'records' | 'mutesOf' | 'hostOf'>

export interface AlerterDeps {
  readonly notifier: Notifier
  readonly clock: Pick<Clock, 'wallMs'>
  readonly log: Log
  readonly store: Pick<Store, 'recordDelivery'>
  /** As the store gave it at start. */
  readonly memory: AlertMemory
  /** The settings of the moment. */
  readonly policy: () => NotifySettings
}

export interface Alerter {
  /** Called after each commit, with the findings of that tick; also when there are none. */
  tick(findings: readonly Finding[], context: AlertContext): void
  /** What is not decided on yet is news to the next run. */
  stop(): Promise<void>
}

export function createAlerter(deps: AlerterDeps): Alerter {
  const { notifier, clock, log } = deps
  const queue = createSendQueue(notifier, log)
  const record = createRecorder(deps)
  let state = initialAlerts(deps.memory, clock.wallMs())
  let timer: NodeJS.Timeout | null = null
  let hasFailed = false
  let isHeadlessAsked = false
  let isHeadlessSaid = false

  const isReachable = (): boolean => {
    isHeadlessAsked = true
    const { path, why } = notifier.describe()
    if (path === 'none' && !isHeadlessSaid) {
      isHeadlessSaid = true
      log.info({ why }, 'findings are not shown on a desktop')
    }
    return path !== 'none'
  }
  const look = (findings: readonly Finding[], context: AlertContext): AlertOutput => {
    const settings = deps.policy()
    if (settings.desktop && !isHeadlessAsked) isReachable()
    const at = clock.wallMs()
    const output = decide(state, { ...context, at, findings, settings, isReachable })
    state = output.state
    return output
  }
  const tick = (findings: readonly Finding[], context: AlertContext): void => {
    try {
      const { deliveries, notifications } = look(findings, context)
      record(deliveries)
      for (const notification of notifications) queue.push(notification)
      wait(context)
    } catch (error) {
      if (!hasFailed) log.error({ err: error }, 'findings could not be told')
      hasFailed = true
    }
  }
  /** Ticks may be a minute apart: the window is not kept open until the next one. */
  const wait = (context: AlertContext): void => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    const until = nextLook(state)
    if (until === null) return
    timer = setTimeout(() => tick([], context), Math.max(0, until - clock.wallMs()))
    timer.unref()
  }
  return {
    tick,
    async stop() {
      if (timer !== null) clearTimeout(timer)
      await queue.stop()
    },
  }
}

const MAX_UNSAVED = 1_000

/** What could not be recorded is tried again with the next tick: a restart before that would repeat it. */
function createRecorder({
  store,
  log,
}: Pick<AlerterDeps, 'store' | 'log'>): (deliveries: readonly Delivery[]) => void {
  let unsaved: readonly Delivery[] = []
  return (deliveries) => {
    if (deliveries.length + unsaved.length === 0) return
    const all = [...unsaved, ...deliveries]
    try {
      store.recordDelivery(all)
      unsaved = []
    } catch (error) {
      if (unsaved.length === 0)
        log.warn({ err: error }, 'what was told could not be recorded; a restart may repeat it')
      unsaved = all.slice(-MAX_UNSAVED)
    }
  }
}
