/** What the daemon needs from the outside, one small interface each. compose.ts fills them; tests pass fakes. */

import type { NamedConfig } from '../shared/clients/named-config.ts'
import type { Containers } from '../shared/model/container.ts'
import type { Delivery } from '../shared/model/delivery.ts'
import type { HostFacts, RegistryAnswer } from '../shared/model/host.ts'
import type { EpochMs } from '../shared/model/ids.ts'
import type {
  Batch,
  EngineDescription,
  SocketRow,
  WatchedProcess,
} from '../shared/model/observation.ts'
import type { Policy } from '../shared/model/policy.ts'
import type { Process, ProcessTable } from '../shared/model/process.ts'
import type { Diagnostic, Discovery, PackageRef } from '../shared/model/server.ts'
import type { Memory, TickResult } from '../shared/model/tick.ts'

export interface Clock {
  /** Milliseconds since the epoch; can jump. */
  wallMs(): number
  /** Milliseconds since an arbitrary point; never goes back, may stop while the machine sleeps. */
  monotonicMs(): number
  /**
   * Milliseconds since the machine was started, those in which it slept included (CLOCK_BOOTTIME, clock_gettime(2));
   * null, or left out, where that cannot be told. With it a clock that was set is told from a sleep.
   */
  readonly bootMs?: () => number | null
}

/** Structured log; pino fits. Values are ids, counts, codes and paths of our own, never what a watched program wrote. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface Discoverer {
  /** Reads every known file now. */
  read(): Discovery
  /** Calls back within 2 s of a change of any file, also of one that did not exist. */
  watch(onChange: (discovery: Discovery) => void): void
  /**
   * Folders that running clients work in: their project files are looked for too; and files that those clients were
   * told of. What is new is looked into at once, for its servers may run already; the answer is what was found then,
   * null when it changed nothing.
   */
  setWorkingFolders(folders: readonly string[], configs?: readonly NamedConfig[]): Discovery | null
  stop(): void
}

/** A process that an event told of. */
export interface Sighting {
  readonly pid: number
  /** Who forked it, where that is known: by the time it is read its parent may have ended. */
  readonly parent: number | null
  /** When it was forked, in ns of CLOCK_MONOTONIC: tells it from another process that was given its number since. */
  readonly bornAtNs?: number
  /** An event proves that it lived: it is shown even if nothing can be read of it any more. */
  readonly lived?: Lived
}

/** What the kernel told of who caused an event. */
export interface Lived {
  readonly uid: number
  /** Short name, set by the process itself: to be shown where nothing better is known, never evidence. */
  readonly comm: string
  /** In ns of CLOCK_MONOTONIC. */
  readonly atNs: number
}

export interface ProcessSource {
  readonly method: 'proc' | 'ps'
  /**
   * Lists the processes. Known ones are not read again, but for those in `interest` (pids): they may have executed
   * another program or lost their parent.
   */
  sample(interest: ReadonlySet<number>): Promise<ProcessTable>
  /**
   * Reads these now and remembers them, parents first: the next `sample` has them even if they ended before it (once,
   * unless the pid lives again as another process), below the parent told here. One that `lived` and cannot be read any
   * more is shown by what was told of it, with nothing but its number, times, user and name, where its parent is known
   * from here or from what was seen in this or the last interval. The answer is what could be read or is shown so.
   */
  see(pids: readonly Sighting[]): readonly Process[]
}

/** A running client: its id in shared/clients, and the process. */
export interface RunningClient {
  readonly id: string
  readonly process: Process
}

/** Who is at the other end of descriptor 0 of a process that no client is above. Where no system tells, nobody is. */
export interface StdinPeers {
  /** The pid of the client that was found to hold it; null when none was, or nobody asked. */
  holderOf(process: Process): number | null
  /**
   * Looks for the other ends among the descriptors of these clients, as far as that was not done before; what is not in
   * `unclaimed` is forgotten. True when `holderOf` tells anything else than before. Throws McpWatchError OUT_OF_FILES.
   */
  ask(unclaimed: readonly Process[], clients: readonly RunningClient[]): boolean
}

/** Asks the container engines of this machine, by their sockets, with nothing but questions. */
export interface ContainerSource {
  /** What is known now; the same object while nothing changed. */
  current(): Containers
  /**
   * Begins to ask, and goes on while `wanted`: `missing` is true while a running command waits for its container to be
   * found, which makes it ask again soon. Not wanted, nothing is asked and nobody is connected to.
   */
  want(wanted: boolean, missing: boolean): void
  /** Calls back when `current` became another. */
  watch(onChange: () => void): void
  stop(): void
}

/** Processor share in percent of one core and resident bytes. */
export interface Usage {
  readonly cpuPercent: number
  readonly memoryBytes: number
}

export interface UsageSource {
  /** Processes that are gone are left out. */
  usage(pids: readonly number[]): Promise<ReadonlyMap<number, Usage>>
}

export interface CaptureSink {
  /** Awaited before each sample: lists processes and calls `engine.watch` so that owners are of this moment. */
  prepare(): Promise<void>
  accept(batch: Batch): void
  /** A sample failed; the engine goes on trying. */
  fail(error: unknown): void
}

export interface CaptureEngine {
  describe(): EngineDescription
  /** Begins to sample (or listen) until `stop`; samples never overlap. */
  start(sink: CaptureSink): void
  /**
   * Whose descriptors to read from now on. `kin`: pids of clients and of all below them, where a server may be started;
   * an engine that is told of new processes asks for a look at once when one of these starts a program.
   */
  watch(processes: readonly WatchedProcess[], kin?: ReadonlySet<number>): void
  /** Something else changed that needs a batch soon. */
  hurry(): void
  /**
   * Resolves when no sample is under way any more; the sink is not called after that. Until then it may be given a last
   * batch, before which nothing is prepared.
   */
  stop(): Promise<void>
}

/** Who listens on this machine at a loopback address; `unreadable` when it is a process we may not look into. */
export type ListenerOwner =
  | { readonly kind: 'process'; readonly process: Process }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'none' }

export interface ListenerOwners {
  /** `anew`: that nobody was found a moment ago does not count; the table is newer. */
  ownerOf(listener: SocketRow, table: ProcessTable, anew?: boolean): Promise<ListenerOwner>
  /**
   * TCP listeners of our own network namespace now, cheap enough to be asked for twice a second; null, or left out,
   * where they cannot be listed so.
   */
  readonly list?: () => readonly SocketRow[] | null
}

export interface RegistrySource {
  /** The answer for the manager behind this launcher process; asked once, then refreshed every few minutes. */
  registryFor(launcher: Process): RegistryAnswer
  stop(): void
}

/** One host that an address was given for. */
export interface HostName {
  readonly host: string
  /** When it was last given. */
  readonly at: EpochMs
  /** Other hosts asked about have this address too: the connection is to one of them. */
  readonly shared: boolean
  /** False: the address is not one of the internet's, which for a public name may be DNS rebinding. */
  readonly isPublic: boolean
}

/** Addresses of the hosts that running servers are expected to use. */
export interface HostBook {
  /** The hosts to know from now on; called each tick. An empty set: no question is asked. */
  want(hosts: ReadonlySet<string>): void
  namesOf(address: string): readonly HostName[]
  /**
   * `fresh`: all its addresses of the moment, as far as the resolver tells, are known. `failed`: it has none, or none
   * could be learned, or nobody wants it.
   */
  freshness(host: string): 'fresh' | 'pending' | 'failed'
  /** Its answers have differed, so the server may have been given an address that we were not. */
  varies(host: string): boolean
  stop(): void
}

/** The policy in force and what is wrong with its file (client `policy`); a bad file leaves the last good policy. */
export interface PolicyInForce {
  readonly policy: Policy
  readonly diagnostics: readonly Diagnostic[]
}

export interface PolicySource {
  /** The first call reads the file. Rules expire by themselves: see `ruleFor`. */
  state(): PolicyInForce
  /** Calls back within 2 s of a change. */
  watch(onChange: (now: PolicyInForce) => void): void
  stop(): void
}

export interface HostFactsSource {
  current(): HostFacts
}

export interface Packages {
  /** The package whose package.json is nearest above `path`; remembered. */
  packageOf(realPath: string): PackageRef | null
}

export interface Store {
  memory(): Memory
  /** One transaction; throws McpWatchError when it cannot be written. */
  commit(tick: TickResult): void
  /** By itself, outside any tick; throws McpWatchError when it cannot be written. */
  recordDelivery(deliveries: readonly Delivery[]): void
  close(): void
}
