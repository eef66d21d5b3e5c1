/** A session bus of its own with a stand-in for a notification service on it; ends with the test. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { findTool } from '../../daemon/capture/run-tool.ts'
import { waitFor } from './wait-for.ts'

export interface Shown {
  readonly app: string
  readonly title: string
  readonly body: string
  readonly actions: readonly string[]
  readonly urgency: number
}

export interface PrivateDesktop {
  /** For DBUS_SESSION_BUS_ADDRESS. */
  readonly address: string
  /** Of the notification service. */
  readonly pid: number
  /** What it was asked to show, in order. */
  readonly shown: readonly Shown[]
}

const SERVICE = join(import.meta.dirname, 'notification-service.mjs')

/** dbus-run-session(1); null where it is missing. */
export const dbusRunSession = findTool('dbus-run-session')

/** `hasButtons`: the service has them, and presses the first of each notification. */
export async function privateDesktop({ hasButtons = false } = {}): Promise<PrivateDesktop> {
  if (dbusRunSession === null) throw new Error('dbus-run-session is missing')
  const args = ['--', process.execPath, SERVICE, ...(hasButtons ? ['actions'] : [])]
  const session = spawn(dbusRunSession, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const gone = new Promise((resolve) => session.once('exit', resolve))
  onTestFinished(async () => {
    session.stdin.end()
    await gone
  })
  const lines: Record<string, unknown>[] = []
  createInterface({ input: session.stdout }).on('line', (line) => lines.push(JSON.parse(line)))
  const [first] = await waitFor(() => lines.length > 0 && lines, {
    what: 'the notification service is on its bus',
    deadlineMs: 15_000,
  })
  if (first?.['ready'] !== true) throw new Error('the name of the notification service is taken')
  return {
    address: String(first['address']),
    pid: Number(first['pid']),
    get shown() {
      return lines.slice(1) as unknown as Shown[]
    },
  }
}
