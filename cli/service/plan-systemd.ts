/** What installing and removing means with systemd: files and commands. Pure. */
import { dirname } from 'node:path'
import { systemUnit, systemUnitPath, USER_UNIT, userUnitPath } from '../../shared/service/places.ts'
import type { Plan, PlannedCommand, ServiceFacts } from './facts.ts'

type Named = Pick<ServiceFacts, 'scope' | 'user' | 'folders'>

export function unitName({ scope, user }: Pick<Named, 'scope' | 'user'>): string {
  return scope === 'user' ? USER_UNIT : systemUnit(user.uid)
}

export function unitPath({ scope, user, folders }: Named): string {
  return scope === 'user' ? userUnitPath(folders.managerConfig) : systemUnitPath(user.uid)
}

/** `systemctl` for the manager in question. */
export function systemctl(
  { scope }: Pick<Named, 'scope'>,
  ...args: string[]
): readonly [string, ...string[]] {
  return ['systemctl', ...(scope === 'user' ? ['--user'] : []), ...args]
}

const as = ({ scope }: Pick<Named, 'scope'>): 'user' | 'self' =>
  scope === 'user' ? 'user' : 'self'

/** `restart`: the daemon has to run what was written now. Without it a running one is left alone. */
export function installPlan(facts: ServiceFacts, unit: string, restart: boolean): Plan {
  const name = unitName(facts)
  const { state, policyFile } = facts.folders
  const inUser = facts.scope === 'user' ? [dirname(unitPath(facts))] : []
  return {
    // ReadWritePaths= of folders that are missing would keep the service from starting.
    folders: [state, dirname(policyFile), ...inUser],
    files: [{ path: unitPath(facts), content: unit, mode: 0o644 }],
    commands: [
      {
        argv: systemctl(facts, 'daemon-reload'),
        as: as(facts),
        purpose: 'make systemd read the unit',
      },
      {
        argv: systemctl(facts, 'enable', name),
        as: as(facts),
        purpose: 'have it started with the session',
      },
      // It may have given up on an earlier unit (StartLimitBurst=), and would refuse.
      {
        argv: systemctl(facts, 'reset-failed', name),
        as: as(facts),
        purpose: 'forget earlier failures',
        mayFail: true,
      },
      {
        argv: systemctl(facts, restart ? 'restart' : 'start', name),
        as: as(facts),
        purpose: 'start mcp-watch',
      },
    ],
  }
}

/** The file is removed between the first and the last command. */
export function uninstallCommands(facts: Named): {
  readonly before: readonly PlannedCommand[]
  readonly after: readonly PlannedCommand[]
} {
  const name = unitName(facts)
  return {
    before: [
      {
        argv: systemctl(facts, 'disable', '--now', name),
        as: as(facts),
        purpose: 'stop mcp-watch',
        mayFail: true,
      },
    ],
    after: [
      {
        argv: systemctl(facts, 'daemon-reload'),
        as: as(facts),
        purpose: 'make systemd forget the unit',
        // Without a manager there is none that could remember it.
        mayFail: true,
      },
      {
        argv: systemctl(facts, 'reset-failed', name),
        as: as(facts),
        purpose: 'forget earlier failures',
        mayFail: true,
      },
    ],
  }
}

/** loginctl(1): the user's manager is started with the machine and stays when the user logs out. */
export function lingerCommand({ user }: Pick<Named, 'user'>): PlannedCommand {
  return {
    argv: ['loginctl', 'enable-linger', user.name],
    as: 'self',
    purpose: 'let the service run while nobody is logged in',
  }
}
