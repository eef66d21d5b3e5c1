/** What the parts of the capture bench hand each other. */
import type { EngineName } from '../../shared/model/observation.ts'
import type { Figure } from '../figure.ts'

/**
 * `apart`: in private namespaces, the far end in a network of its own behind a virtual cable; process events are not
 * to be had there. `host`: in the first namespaces of the machine, on addresses of 127/8 only; they are.
 */
export type Where = 'apart' | 'host'
export type Who = 'root' | 'user'

/** Where connections of the workload go to. */
export interface Far {
  readonly address: string
  readonly address6: string
  readonly port: number
}

/** Handed to a scene as its only argument, in JSON. */
export interface SceneBrief {
  readonly part: string
  readonly where: Where
  readonly who: Who
  readonly engine: EngineName | null
  /** The compiled workload. */
  readonly program: string
  readonly far: Far
  /** How many times the usual number of connections. */
  readonly times: number
}

/** Recall of one kind of connection: of those made, how many were recorded with their server. */
export interface RecallCell {
  readonly row: string
  /** What the table's column is of, beside the world. */
  readonly column: string
  readonly made: number
  readonly seen: number
}

export interface SceneResult {
  /** Why nothing was measured. */
  readonly skipped?: string
  readonly figures: readonly Figure[]
  readonly recall?: readonly RecallCell[]
}

/** One connection to make; times are from the moment at which all servers are let go. */
export interface Attempt {
  readonly atMs: number
  readonly kind: 'tcp' | 'mptcp' | 'udp' | 'udp-sendto' | 'fork' | 'double' | 'exec'
  readonly close: 'fin' | 'peer-fin' | 'peer-rst' | 'linger0'
  readonly lifetimeMs: number
  readonly address: string
  readonly port: number
  readonly sends: number
  readonly wants: number
}

export interface ServerPlan {
  readonly name: string
  readonly program: 'c' | 'node'
  /** It uses its processor all the time, in small portions. */
  readonly busy: boolean
  readonly attempts: readonly Attempt[]
}

/** One connection that was made. Times are of the wall clock. */
export interface Made {
  readonly server: string
  readonly kind: Attempt['kind']
  readonly close: Attempt['close']
  /** How much later than planned it began: what else goes on on this machine shows here. */
  readonly lateMs: number
  readonly localPort: number
  readonly address: string
  readonly port: number
  readonly lifetimeMs: number
  readonly from: number
  readonly to: number
  readonly sends: number
  readonly wants: number
}

/** One connection as the daemon's database has it. */
export interface Recorded {
  readonly server: string
  readonly protocol: string
  readonly localPort: number
  readonly address: string
  readonly port: number
  readonly firstSeen: number
  readonly sent: number | null
  readonly received: number | null
}
