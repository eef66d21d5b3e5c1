/** The notification's button “Mute for a day”: a decision like any other, so a watched program must not press it. */

import { McpWatchError } from '../../shared/errors.ts'
import type { Instance } from '../../shared/model/attribution.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { FindingKind } from '../../shared/model/judgement.ts'
import type { ProcessTable } from '../../shared/model/process.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { formatHostRule } from '../../shared/policy/host-rule.ts'
import type { PolicyDesk } from '../policy/entry-policy.ts'
import type { Log } from '../ports.ts'
import { chainOf, copiesIn, refuseBelowServer } from './refuse-below-server.ts'

const DAY_MS = 24 * 3_600_000

export interface MuteButtonDeps {
  readonly decide: PolicyDesk['decide']
  readonly log: Log
  /** What is known at the moment the button is pressed. */
  readonly known: () => {
    readonly table: ProcessTable
    readonly instances: readonly Instance[]
    readonly records: ReadonlyMap<ServerId, ServerRecord>
  }
}

export interface MutePress {
  readonly serverId: ServerId
  readonly kind: FindingKind
  /** Who owns the notification service: a watched program could have taken that name. */
  readonly servicePid: number
}

/** Never throws: what is refused or fails is said in the log. */
export function createMuteButton(deps: MuteButtonDeps): (press: MutePress) => Promise<void> {
  return async ({ serverId, kind, servicePid }) => {
    try {
      const { table, instances, records } = deps.known()
      const record = records.get(serverId)
      if (record === undefined) return
      const all = [...records.values()]
      refuseBelowServer(
        chainOf(table, servicePid),
        copiesIn(
          instances,
          all.map(({ server }) => server),
        ),
      )
      const { name, client } = record.server
      const alone = all.filter(({ server }) => server.name === name).length === 1
      const { package: pkg, expectation, expectationSource } = record
      const rules = record.rules.map(formatHostRule)
      const target = { name, client, package: pkg, expectation, expectationSource, rules, alone }
      await deps.decide(target, { kind: 'mute', finding: kind, forMs: DAY_MS })
      deps.log.info({ serverId, kind }, 'muted for a day by the notification’s button')
    } catch (error) {
      const code = error instanceof McpWatchError ? error.code : 'INTERNAL'
      deps.log.warn({ err: error, code, serverId, kind }, 'the button to mute did nothing')
    }
  }
}
