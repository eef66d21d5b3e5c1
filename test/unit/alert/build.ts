/** Findings, settings and contexts for tests of alerts. */
import type { AlertInput, AlertMemory } from '../../../daemon/alert/decide.ts'
import { type AlertState, decide, initialAlerts } from '../../../daemon/alert/decide.ts'
import type { Notification } from '../../../daemon/alert/notification.ts'
import type { Delivery } from '../../../shared/model/delivery.ts'
import { findingId } from '../../../shared/model/ids.ts'
import type { Finding } from '../../../shared/model/judgement.ts'
import type { Mute, NotifySettings } from '../../../shared/model/policy.ts'
import type { ServerRecord } from '../../../shared/model/tick.ts'
import { finding, record, T0 } from '../store/ticks.ts'

export const HOUR = 60 * 60_000

export const settings: NotifySettings = {
  desktop: true,
  minSeverity: 'medium',
  coolDownMs: HOUR,
}

export const servers = ['files', 'memory', 'fetch', 'git', 'shell', 'clock'].map((name) =>
  record(name),
) as [ServerRecord, ServerRecord, ServerRecord, ...ServerRecord[]]
export const [files, memory, fetcher] = servers

/** A finding of `of` about port `port`. */
export function found(of: ServerRecord, port: number, over: Partial<Finding> = {}): Finding {
  return finding(of, {
    id: findingId('local-only-egress', of.server.id, String(port)),
    destination: { protocol: 'tcp', address: '203.0.113.10', port, scope: 'public' },
    severity: 'medium',
    ...over,
  })
}

export interface Run {
  /** One look; what it shows. `afterMs` counts from T0. */
  at(afterMs: number, findings?: readonly Finding[]): readonly Notification[]
  readonly deliveries: Delivery[]
  state: AlertState
  settings: NotifySettings
  mutes: Mute[]
  reachable: boolean
}

/** As left behind by a run that found nothing. */
export const anEarlierRun: AlertMemory = { findings: [], deliveries: [], lastTickAt: T0 - 1_000 }
export const firstRun: AlertMemory = { findings: [], deliveries: [], lastTickAt: null }

export function begin(from: AlertMemory = anEarlierRun, at = 0): Run {
  const context: Pick<AlertInput, 'records' | 'hostOf'> = {
    records: new Map(servers.map((it) => [it.server.id, it])),
    hostOf: () => null,
  }
  const run: Run = {
    deliveries: [],
    state: initialAlerts(from, T0 + at),
    settings,
    mutes: [],
    reachable: true,
    at(afterMs, findings = []) {
      const output = decide(run.state, {
        ...context,
        at: T0 + afterMs,
        findings,
        settings: run.settings,
        isReachable: () => run.reachable,
        mutesOf: () => run.mutes,
      })
      run.state = output.state
      run.deliveries.push(...output.deliveries)
      return output.notifications
    },
  }
  return run
}
