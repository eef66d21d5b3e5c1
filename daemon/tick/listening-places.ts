/** The addresses on this machine that entries name, and which listeners connections to them arrive at. Pure. */
import { addressesHere } from '../../shared/address/this-machine.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { SocketRow } from '../../shared/model/observation.ts'
import type { Server } from '../../shared/model/server.ts'

/** One host and port, and all entries that name it. */
export interface Place {
  readonly key: string
  /** Canonical; two for `localhost`. */
  readonly addresses: readonly string[]
  readonly port: number
  readonly serverIds: readonly ServerId[]
}

export function placesOf(
  servers: readonly Server[],
  selfAddresses: ReadonlySet<string>,
): readonly Place[] {
  const places = new Map<string, Place>()
  for (const { id, endpoint } of servers) {
    const addresses = endpoint === null ? null : addressesHere(endpoint.host, selfAddresses)
    if (endpoint === null || addresses === null) continue
    const { port } = endpoint
    const key = `${addresses.join()} ${port}`
    const known = places.get(key)
    const serverIds = [...(known?.serverIds ?? []), id]
    places.set(key, { key, addresses, port, serverIds })
  }
  return [...places.values()]
}

/**
 * The listeners that answer there, each once. One bound to the very address goes before one for all addresses
 * (net/ipv4/inet_hashtables.c, compute_score). A port can have several by SO_REUSEPORT.
 */
export function listenersAt(
  { addresses, port }: Place,
  rows: readonly SocketRow[],
): readonly SocketRow[] {
  const there = rows.filter(
    (row) => isListener(row) && row.local.port === port && isForLoopback(row.local.zone),
  )
  if (there.length === 0) return there
  const found = new Set<SocketRow>()
  for (const address of addresses) for (const row of answering(address, there)) found.add(row)
  return [...found]
}

export function isListener({ state, protocol }: SocketRow): boolean {
  return state === 'listen' && protocol === 'tcp'
}

/** One that is bound to an interface hears nothing else (socket(7), SO_BINDTODEVICE); to ourselves we talk over `lo`. */
function isForLoopback(zone: string | null): boolean {
  return zone === null || zone === 'lo'
}

/** `::` takes IPv4 too, unless it was told not to. */
export function takes({ local, v6Only }: SocketRow, address: string): boolean {
  if (local.address === '::') return v6Only !== true || address.includes(':')
  return local.address === address || (local.address === '0.0.0.0' && !address.includes(':'))
}

function answering(address: string, rows: readonly SocketRow[]): readonly SocketRow[] {
  const from = address.includes(':') ? [address, '::'] : [address, '0.0.0.0', '::']
  for (const covering of from) {
    const found = rows.filter((row) => row.local.address === covering && takes(row, address))
    if (found.length > 0) return found
  }
  return []
}
