/** The service manager of this system: where its file is, what is written there, and how to ask and tell it. */

import { plistPath } from '../../shared/service/places.ts'
import type { Plan, PlannedCommand, ServiceFacts } from './facts.ts'
import * as launchd from './plan-launchd.ts'
import * as systemd from './plan-systemd.ts'
import { renderPlist } from './render-launchd.ts'
import { renderUnit } from './render-systemd.ts'
import { parseLaunchdState, parseSystemdState, type ServiceState } from './state.ts'
import { readTemplate } from './template.ts'

export interface Manager {
  readonly name: 'systemd' | 'launchd'
  readonly path: string
  /** What the service is called to the manager. */
  readonly service: string
  readonly render: () => string
  readonly install: (content: string, restart: boolean) => Plan
  readonly uninstall: () => {
    readonly before: readonly PlannedCommand[]
    readonly after: readonly PlannedCommand[]
  }
  /** Tells the state; changes nothing. */
  readonly ask: PlannedCommand
  readonly parseState: (stdout: string, code: number | null) => ServiceState
}

export function managerFor(facts: ServiceFacts): Manager {
  return facts.platform === 'linux' ? systemdManager(facts) : launchdManager(facts)
}

const PROPERTIES =
  'LoadState,ActiveState,SubState,UnitFileState,MainPID,NRestarts,Result,StatusText'

function systemdManager(facts: ServiceFacts): Manager {
  const template =
    facts.scope === 'user' ? 'systemd/mcp-watch.service' : 'systemd/mcp-watch-system.service'
  const service = systemd.unitName(facts)
  return {
    name: 'systemd',
    path: systemd.unitPath(facts),
    service,
    render: () => renderUnit(readTemplate(template), facts),
    install: (content, restart) => systemd.installPlan(facts, content, restart),
    uninstall: () => systemd.uninstallCommands(facts),
    ask: {
      argv: systemd.systemctl(facts, 'show', `--property=${PROPERTIES}`, service),
      as: facts.scope === 'user' ? 'user' : 'self',
      purpose: 'ask systemd for its state',
    },
    parseState: parseSystemdState,
  }
}

function launchdManager(facts: ServiceFacts): Manager {
  return {
    name: 'launchd',
    path: plistPath(facts.user.home),
    service: launchd.target(facts),
    render: () => renderPlist(readTemplate('launchd/mcp-watch.plist'), facts),
    install: (content, restart) => launchd.installPlan(facts, content, restart),
    uninstall: () => launchd.uninstallCommands(facts),
    ask: {
      argv: ['launchctl', 'print', launchd.target(facts)],
      as: 'self',
      purpose: 'ask launchd for its state',
    },
    parseState: parseLaunchdState,
  }
}
