/** Calls the notification service of the session with `gdbus call` (gdbus(1), part of GLib). */
import type { Notification, Urgency } from './notification.ts'
import { callTool, type ToolCall } from './tool-run.ts'

const SERVICE = 'org.freedesktop.Notifications'
const SERVICE_PATH = '/org/freedesktop/Notifications'
const CALL_SECONDS = '4'

/** Levels of the Desktop Notifications Specification. */
const LEVELS: Readonly<Record<Urgency, number>> = { low: 0, normal: 1, critical: 2 }

/** The specification lets a service read the body as markup, so what could be taken for it is written as entities. */
export function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/**
 * A string in GVariant text format. All but letters, digits and a few marks is written as its code point, so that
 * neither quotes nor the locale of the tool matter.
 */
export function gvariantString(text: string): string {
  const plain = (point: string): string =>
    /^[A-Za-z0-9 .,:;_/()@-]$/.test(point)
      ? point
      : `\\U${(point.codePointAt(0) ?? 0xfffd).toString(16).padStart(8, '0')}`
  return `"${Array.from(text, plain).join('')}"`
}

/** Arguments of `gdbus` that show the notification: Notify(susssasa{sv}i) → u. */
export function notifyArgs({ title, body, urgency }: Notification): readonly string[] {
  return methodArgs(SERVICE, SERVICE_PATH, `${SERVICE}.Notify`, [
    gvariantString('mcp-watch'),
    'uint32 0', // replaces none
    gvariantString(''), // icon
    gvariantString(title),
    gvariantString(escapeMarkup(body)),
    '@as []', // actions: nobody would wait for the answer
    `{"urgency": <byte ${LEVELS[urgency]}>}`,
    'int32 -1', // for how long is the service's choice
  ])
}

export async function sendByGdbus(call: ToolCall, notification: Notification): Promise<void> {
  await callTool(call, notifyArgs(notification))
}

/** Whether the service shows buttons. */
export async function hasActions(call: ToolCall): Promise<boolean> {
  const method = `${SERVICE}.GetCapabilities`
  const answer = await callTool(call, methodArgs(SERVICE, SERVICE_PATH, method, []))
  return /'actions'/.test(answer)
}

/** Process that answers for the service now; null when the bus does not tell. */
export async function servicePid(call: ToolCall): Promise<number | null> {
  const bus = 'org.freedesktop.DBus'
  const method = `${bus}.GetConnectionUnixProcessID`
  const args = methodArgs(bus, '/org/freedesktop/DBus', method, [gvariantString(SERVICE)])
  const pid = /^\(uint32 (\d{1,10}),\)/.exec(await callTool(call, args))?.[1]
  return pid === undefined ? null : Number(pid)
}

function methodArgs(
  dest: string,
  path: string,
  method: string,
  parameters: readonly string[],
): readonly string[] {
  return [
    'call',
    '--session',
    '--timeout',
    CALL_SECONDS,
    '--dest',
    dest,
    '--object-path',
    path,
    '--method',
    method,
    '--',
    ...parameters,
  ]
}
