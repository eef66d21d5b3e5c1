/** Addresses for people to read. */
import type { SocketAddress } from '../model/observation.ts'

/** `1.2.3.4:443`, `[2001:db8::1]:443`, `[fe80::1%eth0]:22` (RFC 3986 brackets, RFC 4007 zone). */
export function formatEndpoint(endpoint: SocketAddress): string {
  const zoned = endpoint.zone === null ? endpoint.address : `${endpoint.address}%${endpoint.zone}`
  return endpoint.address.includes(':')
    ? `[${zoned}]:${endpoint.port}`
    : `${zoned}:${endpoint.port}`
}
