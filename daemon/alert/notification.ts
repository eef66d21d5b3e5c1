/** What is shown to the user, and the port it goes out through. */
import type { FindingId, ServerId } from '../../shared/model/ids.ts'
import type { FindingKind } from '../../shared/model/judgement.ts'

/** As the Desktop Notifications Specification has it; `critical` stays on the screen until it is dismissed. */
export type Urgency = 'low' | 'normal' | 'critical'

/** Plain text of bounded length without control characters; adapters escape it for where it goes. */
export interface Notification {
  /** Begins with a word of ours, so it can never be taken for an option. */
  readonly title: string
  readonly body: string
  readonly urgency: Urgency
  readonly findingIds: readonly FindingId[]
  /** Null when it is about several servers. */
  readonly serverId: ServerId | null
  /** Null when it is about several kinds, or several servers. */
  readonly kind: FindingKind | null
}

/** `why` says in a sentence why it is this path; for `none`, what is missing. */
export interface NotifierDescription {
  readonly path: 'notify-send' | 'gdbus' | 'osascript' | 'none'
  readonly why: string
}

export interface Notifier {
  /** Of this moment: a session may begin or end while the daemon runs. */
  describe(): NotifierDescription
  /** Resolves when it was handed over; rejects with McpWatchError TOOL_MISSING, TOOL_FAILED or TOOL_TIMEOUT. */
  send(notification: Notification): Promise<void>
  /** Ends what still waits for the user's answer. */
  stop(): void
}
