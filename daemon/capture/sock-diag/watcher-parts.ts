/** What the watcher is made of, and what the engine asks it. Types only. */
import type { Batch, EngineDescription, WatchedProcess } from '../../../shared/model/observation.ts'
import type { Clock, ProcessSource } from '../../ports.ts'
import type { Bystanders } from '../bystanders.ts'
import type { HeldReader } from '../held.ts'
import type { OtherNamespacesReader } from '../other-namespaces.ts'
import type { News } from './batch-pace.ts'
import type { Births } from './births.ts'
import type { Gate } from './gate.ts'
import type { Spaces } from './spaces.ts'

export interface WatcherDeps {
  readonly clock: Clock
  readonly uid: number
  readonly spaces: Spaces
  readonly others: OtherNamespacesReader
  readonly gate: Gate
  readonly births: Births
  readonly held: HeldReader
  readonly bystanders: Bystanders
  readonly see: ProcessSource['see']
  /** What watched processes connect to is known without a look: a socket that nobody is seen with is not theirs. */
  readonly knowsAttempts?: true
}

export interface Watcher {
  watch(processes: readonly WatchedProcess[], kin: ReadonlySet<number>): void
  /** Looks whether anything happened; takes a sample where it did. */
  pulse(): Promise<News>
  /**
   * The part of a pulse that takes in who was born: where the kernel tells, nothing is asked. `moved`: whose children to
   * list where it does not.
   */
  hearBirths(moved?: readonly number[]): News
  /** What is known now, and what came and went since the last batch. */
  batch(): Promise<Batch>
  /**
   * What came or went since the last batch, where anything did, for who will not look again: sockets are listed once
   * more, and no descriptor is read. Null where there is nothing, or nothing was told ever.
   */
  lastBatch(): Batch | null
  /** Called right before processes are listed. */
  beforeListing(): void
  nextDelayMs(): number
  describe(): EngineDescription
  close(): void
}
