/** From this machine and the user's wishes to the facts that a service is made of. */
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
    folders: host.folders,
    sharedTmp: host.sharedTmp,
    canNotify: await host.canNotify(),
  }
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
