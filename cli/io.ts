/** What the commands need from the outside. process-io.ts fills it; tests pass fakes. */
import type { Findings, Servers } from '../shared/contract/answers.ts'
import type { FindingDetail } from '../shared/contract/finding-detail.ts'
import type { History } from '../shared/contract/history.ts'
import type { Report } from '../shared/contract/report.ts'
import type { ExitCode } from '../shared/errors.ts'

type EntryModule = typeof import('../daemon/entry.ts')

/** Times in milliseconds since the epoch. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** `server` is a name or an id; `client` an id. */
export interface Filter {
  readonly server?: string
  readonly client?: string
}

/** The stored answers, read without a daemon. */
export interface Archive {
  report(window: Window, filter: Filter): Report
  servers(): Servers
  findings(window: Window, filter: Filter): Findings
  finding(prefix: string): FindingDetail
  history(window: Window, filter: Filter): History
  close(): void
}

/** The part of daemon/entry.ts that the command line uses. */
export type Entry = Pick<
  EntryModule,
  | 'refuseDecisionBelowServer'
  | 'runDaemon'
  | 'scanOnce'
  | 'explain'
  | 'examine'
  | 'locateDaemon'
  | 'knownClients'
  | 'openPolicy'
  | 'dataStats'
  | 'openRecords'
  | 'changeData'
  | 'serviceHost'
> & { openArchive(): Archive }

/** The terminal behind standard output, in character cells. */
export interface Screen {
  readonly columns: number
  readonly rows: number
}

export type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

export interface Io {
  /** Writes to standard output. A reader that went away is no error: see `closed`. */
  out(text: string): void
  err(text: string): void
  /** Standard output itself, for what redraws a part of the screen. */
  readonly stream: NodeJS.WritableStream
  /** The size of the moment; null when standard output is not a terminal. */
  screen(): Screen | null
  /** Returns how to stop listening. */
  onResize(listener: () => void): () => void
  /** Resolves when the reader of standard output went away. */
  readonly closed: Promise<void>
  readonly color: boolean
  /** Unexpected errors are shown with their stack. */
  readonly debug: boolean
  nowMs(): number
  /** Loads the daemon's code; the commands that need none never call it. */
  entry(): Promise<Entry>
  /** Asks on the terminal; null where there is nobody to ask. */
  confirm(question: string): Promise<boolean | null>
  /** Returns how to stop listening. */
  onSignal(listener: (signal: EndSignal) => void): () => void
  /** Ends the process at once. */
  exit(code: ExitCode): void
  /** The file to run for another process of this program. */
  readonly mainPath: string
  /** For a process started by `start --detach`: tells the one that waits for it, then lets go of it. */
  tellParent(message: object): void
  /** From now on `err` appends to this file instead of writing to standard error. */
  redirectErrors(file: string): void
}
