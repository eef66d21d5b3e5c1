/** The systemd unit of this user. Pure: template and facts → text. */
import { dirname } from 'node:path'
import { recordText } from '../../shared/service/record.ts'
import { daemonCommand } from './exec.ts'
import type { ServiceFacts } from './facts.ts'
import { commandWord, environmentWord, unitWord } from './quote-systemd.ts'
import { fillIn } from './template.ts'

/** Slow samples make an engine look up to eight times less often; some looks may take long on a busy machine. */
const LEAST_WATCHDOG_S = 60
const WATCHDOG_INTERVALS = 20

export function renderUnit(template: string, facts: ServiceFacts): string {
  const { user, environment, folders, sharedTmp } = facts
  const [node, ...args] = daemonCommand(facts)
  const variables = Object.entries(environment)
  const writable = [folders.state, dirname(folders.policyFile), `-/run/user/${user.uid}`]
  return fillIn(template, {
    RECORD: recordText(facts.record),
    // As systemd takes names of users (systemd.io/USER_NAMES); any other is better called by its number.
    USER: /^[A-Za-z_][\w-]{0,30}$/.test(user.name) ? user.name : String(user.uid),
    NOTIFY: notifyLines(facts),
    EXEC: [unitWord(node), ...args.map(commandWord)].join(' '),
    ENVIRONMENT: variables
      .map(([name, value]) => `Environment=${environmentWord(name, value)}`)
      .join('\n'),
    WRITABLE: `ReadWritePaths=${writable.map(unitWord).join(' ')}`,
    PRIVATE_TMP: sharedTmp === null ? 'PrivateTmp=yes' : `ReadWritePaths=${unitWord(sharedTmp)}`,
  })
}

/** Without a way to tell, systemd must not wait to be told: sd_notify(3). */
function notifyLines({ canNotify, options }: ServiceFacts): string {
  if (!canNotify) return 'Type=exec'
  const intervalS = Math.ceil((options.interval?.ms ?? 0) / 1000)
  const watchdogS = Math.max(LEAST_WATCHDOG_S, intervalS * WATCHDOG_INTERVALS)
  return ['Type=notify', 'NotifyAccess=main', `WatchdogSec=${watchdogS}s`].join('\n')
}
