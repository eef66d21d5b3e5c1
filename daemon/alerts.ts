/** Notifications of what is found, and what the user says to them. */
import type { ProcessTable } from '../shared/model/process.ts'
import type { Memory } from '../shared/model/tick.ts'
import { createAlerter } from './alert/alerter.ts'
import { hostNames } from './alert/host-of.ts'
import { composeNotifier } from './compose.ts'
import { createMuteButton } from './decisions/mute-button.ts'
import { asUserNow } from './host/as-user.ts'
import type { Machine } from './machine.ts'
import type { View } from './pipeline.ts'
import type { PipelinePorts } from './pipeline-ports.ts'
import { createPolicyDesk } from './policy/entry-policy.ts'
import type { Store } from './ports.ts'

export interface Alerts {
  /** Called after each tick. */
  tick(view: View): void
  stop(): Promise<void>
}

/** As the policy of the moment wants them; `table` are the processes of the moment. */
export function createAlerts(
  machine: Machine,
  { clock, log, policy }: PipelinePorts,
  store: Store,
  memory: Memory,
  table: () => ProcessTable,
): Alerts {
  let latest: Pick<View, 'instances' | 'records'> = { instances: [], records: new Map() }
  const { env, folders, owner } = machine
  const desk = createPolicyDesk({ env, home: folders.home, wallMs: () => clock.wallMs() })
  const press = createMuteButton({
    decide: (...asked) => asUserNow(owner, () => desk.decide(...asked)),
    log,
    known: () => ({ ...latest, table: table() }),
  })
  const alerter = createAlerter({
    notifier: composeNotifier(machine, (request) => void press(request)),
    clock,
    log,
    store,
    memory,
    policy: () => policy.state().policy.notify,
  })
  return {
    tick({ result, records, instances, open }) {
      latest = { instances, records }
      alerter.tick(result.findings, {
        records,
        hostOf: hostNames(open),
        mutesOf: (record) => record.mutes,
      })
    },
    stop: () => alerter.stop(),
  }
}
