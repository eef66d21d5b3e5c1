/** What the pipeline is given from the outside. */
import type { Process } from '../shared/model/process.ts'
import type {
  CaptureEngine,
  Clock,
  ContainerSource,
  Discoverer,
  HostBook,
  HostFactsSource,
  ListenerOwners,
  Log,
  PolicySource,
  ProcessSource,
  RegistrySource,
  StdinPeers,
} from './ports.ts'

export interface PipelinePorts {
  readonly clock: Clock
  readonly log: Log
  readonly discoverer: Discoverer
  readonly processes: ProcessSource
  readonly stdinPeers: StdinPeers
  readonly containers: ContainerSource
  /** How long a command may be without container before that is said. */
  readonly containerPatienceMs?: number
  readonly engine: CaptureEngine
  readonly listenerOwners: ListenerOwners
  readonly registry: RegistrySource
  readonly hostFacts: HostFactsSource
  readonly policy: PolicySource
  readonly hostBook: HostBook
  readonly recogniseClient: (process: Process) => string | null
  readonly digest: (text: string) => string
  /** See `MatchInput`. */
  readonly ownUid?: number
  /** Whether anything is in the place of a file that is not read any more. */
  readonly exists: (file: string) => boolean
  readonly bootId: string
}
