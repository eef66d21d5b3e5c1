/** What of a process agrees with an entry's command, arguments left aside. */
import type { Core } from '../../shared/argv/invocation.ts'
import type { Reason } from '../../shared/model/attribution.ts'

export type How = Extract<Reason, 'package' | 'script' | 'module' | 'binary' | 'command'>

export interface Identity {
  readonly how: How
  /** A base name alone is weak: it counts only below a client. */
  readonly strong: boolean
  /** The running arguments, to be compared with the configured ones. */
  readonly args: readonly string[]
}

export type CoreOf<Kind extends Core['kind']> = Extract<Core, { kind: Kind }>
