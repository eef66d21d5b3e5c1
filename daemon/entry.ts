/** What the command line may ask of the daemon. It imports this file alone, and only inside the command that needs it. */

import type { DaemonFile, Scan, Status, WatchEvent } from '../shared/contract/answers.ts'
import type { McpWatchError } from '../shared/errors.ts'
import type { EngineName } from '../shared/model/observation.ts'
import type { Archive } from './query/archive.ts'

export interface DaemonOptions {
  readonly engine: EngineName | null
  readonly intervalMs: number | null
  readonly onEvent: (event: WatchEvent) => void
  /** Called after each tick, at most once a second, with the state of the moment. */
  readonly onStatus?: (status: Status) => void
}

export interface RunningDaemon {
  readonly pid: number
  readonly logFile: string
  readonly socket: string
  status(): Promise<Status>
  stop(): Promise<void>
  /** Resolves if the daemon cannot go on. */
  readonly failed: Promise<McpWatchError>
}

export interface KnownClient {
  readonly id: string
  readonly name: string
  readonly paths: readonly string[]
}

export async function runDaemon(_options: DaemonOptions): Promise<RunningDaemon> {
  throw new Error('replaced when the rooms are joined')
}
export async function scanOnce(_options: { engine: EngineName | null }): Promise<Scan> {
  throw new Error('replaced when the rooms are joined')
}
export function locateDaemon(): DaemonFile | null {
  return null
}
export function knownClients(): readonly KnownClient[] {
  return []
}
/** The stored answers, without a daemon. */
export function openArchive(): Archive {
  throw new Error('replaced when the rooms are joined')
}
