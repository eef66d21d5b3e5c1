/** A session bus inside a lab, with a stand-in for a notification service on it; ends with the lab. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from './lab.ts'
import { dbusRunSession, type Shown } from './private-desktop.ts'
import type { TempHome } from './temp-home.ts'
import { waitFor } from './wait-for.ts'

export interface LabDesktop {
  /** The home with the bus in its environment: for the daemon. */
  readonly home: TempHome
  /** What was asked to be shown, in order. */
  readonly shown: readonly Shown[]
}

/** Its socket is in the home, which is removed: a bus that ends with the lab cannot remove it itself. */
function busConfig(folder: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=${folder}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`
}

/** Inside, because a bus asks the kernel who its peers are, and user namespaces number users differently. */
export async function startLabDesktop(lab: Lab, home: TempHome): Promise<LabDesktop> {
  if (dbusRunSession === null) throw new Error('dbus-run-session is missing')
  const service = join(import.meta.dirname, 'notification-service.mjs')
  const config = join(home.path, 'bus.conf')
  writeFileSync(config, busConfig(home.path))
  const running = await lab.start(
    dbusRunSession,
    ['--config-file', config, '--', process.execPath, service],
    { env: home.env },
  )
  const lines: Record<string, unknown>[] = []
  running.onLine((line) => lines.push(JSON.parse(line) as Record<string, unknown>))
  const first = await waitFor(() => lines[0], {
    what: () => `the notification service is on its bus (${running.stderr})`,
    deadlineMs: 15_000,
  })
  return {
    home: { ...home, env: { ...home.env, DBUS_SESSION_BUS_ADDRESS: String(first['address']) } },
    get shown() {
      return lines.slice(1) as unknown as Shown[]
    },
  }
}
