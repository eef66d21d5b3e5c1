/** What a tick learns of remote servers: their hosts are looked up, and their clients' connections counted. */
import type { Batch } from '../../shared/model/observation.ts'
import type { ReachedNews } from '../../shared/model/remote.ts'
import type { HostBook } from '../ports.ts'
import { type CountState, countReached } from '../remote/count.ts'
import { type Uncounted, uncounted } from '../remote/uncounted.ts'
import type { State } from './state.ts'

export interface RemoteOutput {
  readonly state: CountState
  readonly news: ReachedNews | null
  readonly uncounted: readonly Uncounted[]
  /** A host of remote entries alone, which no server is expected to use. */
  readonly isOthers: (host: string) => boolean
}

/** `expected`: hosts that are looked up for judging; all are asked for here. */
export function followRemote(
  { reach, reached }: Pick<State, 'reach' | 'reached'>,
  expected: ReadonlySet<string>,
  batch: Batch,
  book: HostBook,
  isOn: boolean,
): RemoteOutput {
  const hosts = isOn ? reach.hosts : NO_HOSTS
  book.want(hosts.size === 0 ? expected : new Set([...expected, ...hosts]))
  const namesOf = isOn ? (address: string) => book.namesOf(address) : () => []
  const counted = countReached(reached, batch, reach, namesOf)
  return {
    ...counted,
    uncounted: uncounted(reach, batch, { isOn, freshness: (host) => book.freshness(host) }),
    isOthers: (host) => reach.targets.hosts.has(host) && !expected.has(host),
  }
}

const NO_HOSTS: ReadonlySet<string> = new Set()
