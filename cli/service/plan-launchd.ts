/** What installing and removing means with launchd: files and commands, launchctl(1). Pure. */
import { dirname } from 'node:path'
import { LAUNCHD_LABEL, plistPath } from '../../shared/service/places.ts'
import type { Plan, PlannedCommand, ServiceFacts } from './facts.ts'

type Named = Pick<ServiceFacts, 'user'>

/** The domain of the user's graphical session: only from there notifications are shown. */
export function domain({ user }: Named): string {
  return `gui/${user.uid}`
}

export function target(facts: Named): string {
  return `${domain(facts)}/${LAUNCHD_LABEL}`
}

/** `restart` as for systemd; launchd reads a plist only when it is bootstrapped. */
export function installPlan(facts: ServiceFacts, plist: string, restart: boolean): Plan {
  const path = plistPath(facts.user.home)
  const reload: PlannedCommand[] = [
    {
      argv: ['launchctl', 'bootout', target(facts)],
      as: 'self',
      purpose: 'end the one that runs',
      mayFail: true,
    },
    // A label that was disabled once stays so, and bootstrap would fail.
    { argv: ['launchctl', 'enable', target(facts)], as: 'self', purpose: 'let it start' },
    {
      argv: ['launchctl', 'bootstrap', domain(facts), path],
      as: 'self',
      purpose: 'load the agent',
      retry: true,
    },
  ]
  return {
    folders: [facts.folders.state, dirname(path)],
    files: [{ path, content: plist, mode: 0o644 }],
    commands: [
      ...(restart ? reload : []),
      { argv: ['launchctl', 'kickstart', target(facts)], as: 'self', purpose: 'start mcp-watch' },
    ],
  }
}

export function uninstallCommands(facts: Named): {
  readonly before: readonly PlannedCommand[]
  readonly after: readonly PlannedCommand[]
} {
  return {
    before: [
      {
        argv: ['launchctl', 'bootout', target(facts)],
        as: 'self',
        purpose: 'stop mcp-watch',
        mayFail: true,
      },
    ],
    after: [],
  }
}
