/** The number of a connected socket's descriptor, which Node keeps to itself. */
import type { Socket } from 'node:net'

/** Null where the socket is closed, or this Node calls it otherwise. Counts until the socket is closed. */
export function descriptorOf(socket: Socket): number | null {
  const { _handle: handle } = socket as { _handle?: { readonly fd?: unknown } | null }
  const fd = handle?.fd
  return typeof fd === 'number' && fd >= 0 ? fd : null
}
