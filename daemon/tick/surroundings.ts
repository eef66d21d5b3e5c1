/** What matching is told beside processes and configuration. */
import type { Containers } from '../../shared/model/container.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { ListeningAt } from '../match/claims.ts'

/** What was learned beside the process table; each the same object while nothing changed. */
export interface Surroundings {
  readonly containers: Containers
  readonly listening: ReadonlyMap<ServerId, ListeningAt>
}
