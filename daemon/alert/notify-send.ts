/** Shows notifications with `notify-send` (notify-send(1), libnotify), with a button where the desktop has them. */
import { setTimeout as pause } from 'node:timers/promises'
import type { ServerId } from '../../shared/model/ids.ts'
import type { FindingKind } from '../../shared/model/judgement.ts'
import { escapeMarkup, hasActions, servicePid } from './gdbus.ts'
import type { Notification } from './notification.ts'
import { callTool, type ToolCall } from './tool-run.ts'

/** The user pressed “mute”. `servicePid` is the notification service's, so that a watched one can be refused. */
export interface MuteRequest {
  readonly serverId: ServerId
  readonly kind: FindingKind
  readonly servicePid: number
}

export interface NotifySendDeps {
  readonly notifySend: ToolCall
  /** Null where `gdbus` is missing: it cannot be asked then whether there are buttons. */
  readonly gdbus: ToolCall | null
  /** Null: no button is offered. */
  readonly onMute: ((request: MuteRequest) => void) | null
}

const MUTE = 'mute'
const MUTE_LABEL = 'Mute for a day'
/** With a button notify-send waits for the user (it implies `--wait`); after this long nobody does. */
const ANSWER_TIMEOUT_MS = 10 * 60_000
const MAX_WAITING = 3
/** What is going to fail fails within this; notify-send does not tell when the notification is on the screen. */
const SETTLED_MS = 1_000

/** Sends one after the other; those with a button go on waiting, at most three at a time. */
export function createNotifySend({
  notifySend,
  gdbus,
  onMute,
}: NotifySendDeps): (notification: Notification) => Promise<void> {
  let options: Promise<ReadonlySet<string>> | null = null
  let waiting = 0

  const sendWithButton = async (
    bus: ToolCall,
    args: readonly string[],
    mute: (pid: number) => void,
  ): Promise<void> => {
    const before = await servicePid(bus)
    waiting += 1
    const answered = callTool(notifySend, args, ANSWER_TIMEOUT_MS)
      .then(async (stdout) => {
        if (before === null || !stdout.split('\n').includes(MUTE)) return
        if ((await servicePid(bus)) === before) mute(before)
      })
      .finally(() => {
        waiting -= 1
      })
    await Promise.race([answered, pause(SETTLED_MS, undefined, { ref: false })])
    answered.catch(() => undefined) // nobody answered in time, or the service went away
  }
  return async (notification) => {
    options ??= knownOptions(notifySend)
    const known = await options
    const { serverId, kind } = notification
    const base = known.has('--app-name') ? ['--app-name=mcp-watch'] : []
    const plain = notifySendArgs(notification, base)
    if (onMute === null || gdbus === null || serverId === null || kind === null) {
      await callTool(notifySend, plain)
      return
    }
    const isOffered = waiting < MAX_WAITING && known.has('--action') && (await hasActions(gdbus))
    if (!isOffered) {
      await callTool(notifySend, plain)
      return
    }
    const args = notifySendArgs(notification, [...base, `--action=${MUTE}=${MUTE_LABEL}`])
    await sendWithButton(gdbus, args, (pid) => {
      onMute({ serverId, kind, servicePid: pid })
    })
  }
}

/** `--app-name` and `--action` came with later versions; an unknown option would make it show nothing. */
async function knownOptions(call: ToolCall): Promise<ReadonlySet<string>> {
  try {
    const help = await callTool(call, ['--help'])
    return new Set(help.match(/--[a-z][a-z-]+/g) ?? [])
  } catch {
    return new Set()
  }
}

/**
 * The body has its backslashes doubled, because notify-send reads escapes in it (g_strcompress), and its markup written
 * as entities. The title is taken as it is.
 */
export function notifySendArgs(
  { title, body, urgency }: Notification,
  options: readonly string[],
): readonly string[] {
  const text = escapeMarkup(body).replaceAll('\\', '\\\\')
  return [`--urgency=${urgency}`, ...options, '--', title, text]
}
