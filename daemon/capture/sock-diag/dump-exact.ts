/** The present state of one TCP socket, found by its ends and its cookie in the kernel's own hash table. */
import type { DiagRow } from './diag-row.ts'
import type { Exchange } from './dump-exchange.ts'
import type { Interfaces } from './dump-interfaces.ts'
import { readRow } from './inet-diag.ts'
import { exactRequest } from './inet-diag-requests.ts'

/** Null when the socket is gone, or where the kernel does not say. */
export function createExactLookup(
  exchange: Exchange,
  interfaces: Interfaces,
): (row: DiagRow) => DiagRow | null {
  return (row) => {
    const { zone } = row.local
    const request = exactRequest(row, zone === null ? 0 : interfaces.index(zone))
    if (request === null) return null
    let found: DiagRow | null = null
    exchange.ask(request, 'one', (view, start, end) => {
      const read = readRow(view, start, end, 'tcp', interfaces.name)
      if (typeof read !== 'string' && read.cookie === row.cookie) found = read
      return true
    })
    return found
  }
}
