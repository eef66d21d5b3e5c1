import type { Status, WatchEvent } from '../shared/contract/answers.ts'
import type { Beginning } from './render/live.ts'

/** Shows what the daemon tells. */
export interface View {
  event(event: WatchEvent): void
  /** Left out where nobody would see it: reading the status each second is not free. */
  readonly status?: (status: Status) => void
  begin(beginning: Beginning): void
  end(): void
}
