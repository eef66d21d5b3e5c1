/** How an entry is reached, as answers name it. Pure. */
import type { Transport } from '../model/server.ts'
import type { EntryJson } from './common.ts'

/** Left out for those that a client starts. */
export function reachedBy(transport: Transport | undefined): Pick<EntryJson, 'transport'> {
  return transport === undefined || transport === 'stdio' ? {} : { transport }
}
