/** What is kept of the URL of a remote server: scheme, host and port. Pure. */
import type { Endpoint } from '../model/server.ts'

const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['ws', 80],
  ['https', 443],
  ['wss', 443],
])

/** Null where the URL names no host and port: a Unix socket, an open placeholder in the host, no URL at all. */
export function endpointOf(url: string): Endpoint | null {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1]
  if (authority === undefined || /[${}]/.test(authority.slice(authority.lastIndexOf('@') + 1)))
    return null
  // Only the front part is parsed: a placeholder further on would make the rest no URL.
  const front = url.slice(0, url.indexOf('//') + 2) + authority
  if (!URL.canParse(front)) return null
  const parsed = new URL(front)
  const scheme = parsed.protocol.slice(0, -1)
  const port = parsed.port === '' ? DEFAULT_PORTS.get(scheme) : Number(parsed.port)
  const host = parsed.hostname.replace(/^\[|\]$/g, '')
  return port === undefined || host === '' ? null : { scheme, host, port }
}
