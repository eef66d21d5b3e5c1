/** Picks the way to the user's desktop: notify-send, else gdbus; osascript on macOS; else none, with the reason. */
import { statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { McpWatchError } from '../../shared/errors.ts'
import type { RunTool } from '../capture/run-tool.ts'
import { sendByGdbus } from './gdbus.ts'
import type { Notification, Notifier, NotifierDescription } from './notification.ts'
import { createNotifySend, type MuteRequest } from './notify-send.ts'
import { sendByOsascript } from './osascript.ts'
import type { ToolCall } from './tool-run.ts'

export interface NotifierDeps {
  readonly platform: 'linux' | 'darwin'
  /** The daemon's own; of it only what names the session goes on to the tool. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly findTool: (name: string) => string | null
  readonly runTool: RunTool
  /** Offers a button that mutes, where the desktop shows buttons. */
  readonly onMute?: (request: MuteRequest) => void
}

/** What a tool needs to find the session, and nothing else. */
const SESSION_VARIABLES = [
  'DBUS_SESSION_BUS_ADDRESS',
  'XDG_RUNTIME_DIR',
  'DISPLAY',
  'WAYLAND_DISPLAY',
] as const

export function createNotifier(deps: NotifierDeps): Notifier {
  const { findTool, runTool } = deps
  const abort = new AbortController()
  const env = toolEnv(deps)
  const callOf = (name: string): ToolCall | null => {
    const path = findTool(name)
    return path === null ? null : { runTool, path, env, abort: abort.signal }
  }
  let notifySend: ((notification: Notification) => Promise<void>) | null = null
  const byNotifySend = async (call: ToolCall, notification: Notification): Promise<void> => {
    const onMute = deps.onMute ?? null
    notifySend ??= createNotifySend({ notifySend: call, gdbus: callOf('gdbus'), onMute })
    await notifySend(notification)
  }
  return {
    describe: () => describe(deps),
    async send(notification) {
      const { path, why } = describe(deps)
      const call = path === 'none' ? null : callOf(path)
      if (path === 'none' || call === null) throw new McpWatchError('TOOL_MISSING', why)
      switch (path) {
        case 'notify-send':
          return await byNotifySend(call, notification)
        case 'gdbus':
          return await sendByGdbus(call, notification)
        case 'osascript':
          return await sendByOsascript(call, notification)
      }
    },
    stop: () => abort.abort(),
  }
}

function toolEnv({ env, platform }: NotifierDeps): Readonly<Record<string, string>> {
  // The text is UTF-8; macOS had no C.UTF-8 for long.
  const given: Record<string, string> = { LC_ALL: platform === 'linux' ? 'C.UTF-8' : 'en_US.UTF-8' }
  for (const name of SESSION_VARIABLES) {
    const value = env[name]
    if (value !== undefined && value !== '') given[name] = value
  }
  return given
}

function describe({ platform, env, findTool }: NotifierDeps): NotifierDescription {
  if (platform === 'darwin') {
    return findTool('osascript') === null
      ? { path: 'none', why: 'osascript was not found' }
      : { path: 'osascript', why: 'it comes with macOS, and works inside a graphical session' }
  }
  if (!hasSessionBus(env)) {
    const why =
      'there is no session bus: DBUS_SESSION_BUS_ADDRESS is not set, and XDG_RUNTIME_DIR has no "bus"'
    return { path: 'none', why }
  }
  if (findTool('notify-send') !== null)
    return { path: 'notify-send', why: 'it is installed, and there is a session bus' }
  if (findTool('gdbus') !== null)
    return { path: 'gdbus', why: 'notify-send was not found; there is a session bus' }
  return { path: 'none', why: 'neither notify-send nor gdbus was found' }
}

function hasSessionBus(env: NotifierDeps['env']): boolean {
  const address = env['DBUS_SESSION_BUS_ADDRESS'] ?? ''
  // `disabled:` is how containers and service managers say that there is none.
  if (address !== '') return !address.startsWith('disabled:')
  const folder = env['XDG_RUNTIME_DIR'] ?? ''
  return isAbsolute(folder) && isSocket(join(folder, 'bus'))
}

function isSocket(path: string): boolean {
  try {
    return statSync(path).isSocket()
  } catch {
    return false
  }
}

/** Shows nothing, for runs that must not disturb anybody. */
export function silentNotifier(why: string): Notifier {
  return { describe: () => ({ path: 'none', why }), send: async () => {}, stop: () => {} }
}
