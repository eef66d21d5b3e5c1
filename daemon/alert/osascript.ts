/** Shows notifications with `osascript` (osascript(1)). The text is handed to the script as arguments, never put into it. */
import type { Notification } from './notification.ts'
import { callTool, type ToolCall } from './tool-run.ts'

const SCRIPT = [
  'on run argv',
  'display notification (item 2 of argv) with title (item 1 of argv)',
  'end run',
]

/** A title never begins with a dash, so osascript takes it and what follows for the script's arguments. */
export function osascriptArgs({ title, body }: Notification): readonly string[] {
  return [...SCRIPT.flatMap((line) => ['-e', line]), title, body]
}

export async function sendByOsascript(call: ToolCall, notification: Notification): Promise<void> {
  await callTool(call, osascriptArgs(notification))
}
