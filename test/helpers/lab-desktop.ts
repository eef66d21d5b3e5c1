/** A session bus inside a lab, with a stand-in for a notification service on it; ends with the lab. */
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

/** Inside, because a bus asks the kernel who its peers are, and user namespaces number users differently. */
export async function startLabDesktop(lab: Lab, home: TempHome): Promise<LabDesktop> {
  if (dbusRunSession === null) throw new Error('dbus-run-session is missing')
  const service = join(import.meta.dirname, 'notification-service.mjs')
  const running = await lab.start(dbusRunSession, ['--', process.execPath, service], {
    env: home.env,
  })
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
