/** A plain user's service on a machine where all is usual. */
import type { ServiceFacts } from '../../../cli/service/facts.ts'

export const facts = (changes: Partial<ServiceFacts> = {}): ServiceFacts => ({
  platform: 'linux',
  scope: 'user',
  user: { uid: 1000, name: 'ada', home: '/home/ada' },
  isRoot: false,
  record: {
    version: '1.2.3',
    node: '/usr/bin/node',
    modules: '115',
    program: '/opt/mcp-watch/dist/cli/main.js',
  },
  options: {},
  environment: { XDG_CONFIG_HOME: '/home/ada/.config', XDG_STATE_HOME: '/home/ada/.local/state' },
  folders: {
    state: '/home/ada/.local/state/mcp-watch',
    managerConfig: '/home/ada/.config',
    policyFile: '/home/ada/.config/mcp-watch/policy.jsonc',
  },
  sharedTmp: null,
  canNotify: true,
  ...changes,
})

/** The values of a setting, in order, as they stand in the unit. */
export function settings(unit: string, name: string): string[] {
  const lines = unit.split('\n').filter((line) => line.startsWith(`${name}=`))
  return lines.map((line) => line.slice(name.length + 1))
}
