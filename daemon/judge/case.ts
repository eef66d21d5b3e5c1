/** What one connection is judged by, and what comes of it. */
import type { Connection } from '../../shared/model/connection.ts'
import type {
  Expectation,
  JudgedConnection,
  Name,
  Scope,
  TrafficClass,
  Verdict,
  VerdictReason,
} from '../../shared/model/judgement.ts'
import type { JudgeInput } from './state.ts'
import type { Subject } from './subject.ts'

/** One way of looking at a connection; null where that way has nothing to say. */
export interface Opinion {
  readonly verdict: Verdict
  readonly reason: VerdictReason
  readonly trafficClass?: TrafficClass
  readonly names?: readonly Name[]
  readonly relayed?: boolean
}

export interface Case {
  readonly connection: Connection
  readonly subject: Subject
  readonly expectation: Expectation
  readonly scope: Scope
  /** How it was judged last, if it was. */
  readonly before: JudgedConnection | undefined
  readonly input: JudgeInput
}
