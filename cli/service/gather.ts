/** From this machine and the user's wishes to the facts that a service is made of. */
import { join } from 'node:path'
import { McpWatchError } from '../../shared/errors.ts'
import type { ServiceRecord } from '../../shared/service/record.ts'
import type { Entry } from '../io.ts'
import type { Scope, ServiceFacts, WatchOptions } from './facts.ts'

export type Host = Awaited<ReturnType<Entry['serviceHost']>>

/** Throws USAGE where the scope does not go together with who asks on which system. */
export async function gatherFacts(
  host: Host,
  program: string,
  scope: Scope,
  options: WatchOptions = {},
): Promise<ServiceFacts> {
  refuseScope(host, scope)
  const { version, node, modules } = host.program
  const record: ServiceRecord = { version, node, modules, program }
  return {
    platform: host.platform,
    scope,
    user: host.user,
    isRoot: host.isRoot,
    record,
    options,
    environment: environmentOf(host, scope),
    folders: {
      state: host.folders.state,
      policyFile: host.folders.policyFile,
      managerConfig: await managerConfig(host),
    },
    sharedTmp: host.sharedTmp,
    canNotify: await host.canNotify(),
  }
}

/**
 * A variable that is set in the user's shell is not set for the user's service manager, which then looks for units in
 * its default folder and nowhere else (systemd.unit(5), "Unit File Load Path"). It tells where it looks.
 */
async function managerConfig(host: Host): Promise<string> {
  const { config } = host.folders
  const usual = join(host.user.home, '.config')
  if (config === usual || host.platform !== 'linux') return config
  const asked = await host.run(['systemctl', '--user', 'show', '--property=UnitPath'], 'user')
  const folders = ` ${asked?.stdout.replace('UnitPath=', '').trim() ?? ''} `
  return folders.includes(` ${config}/systemd/user `) ? config : usual
}

/** The system's manager knows of no session: where the user's is has to be said (pam_systemd(8)). */
function environmentOf({ environment, user }: Host, scope: Scope): ServiceFacts['environment'] {
  if (scope === 'user') return environment
  const runtime = `/run/user/${user.uid}`
  return {
    ...environment,
    XDG_RUNTIME_DIR: runtime,
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${runtime}/bus`,
  }
}

function refuseScope({ platform, isSudo }: Host, scope: Scope): void {
  if (scope === 'user') return
  if (platform === 'darwin') {
    throw new McpWatchError(
      'USAGE',
      '--system is for systemd; on macOS there is one kind of service',
    )
  }
  if (!isSudo) {
    throw new McpWatchError('USAGE', '--system needs root on behalf of the user to be watched', {
      hint: 'type "sudo mcp-watch service … --system" as that user',
    })
  }
}
