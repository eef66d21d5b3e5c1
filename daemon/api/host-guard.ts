/**
 * Who may ask over TCP. Any program and any web page of this machine can reach a port on loopback, so each request has
 * to name this address, come from no page, and bring the token. Pure.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { type ErrorReply, errorReply } from './answers.ts'

export interface GuardedRequest {
  /** The request target as sent. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, as sent: of a header that comes twice `headers` may tell only the first. */
  readonly rawHeaders: readonly string[]
}

export interface Guard {
  /** The port that is listened on. */
  readonly port: number
  readonly isToken: (presented: string) => boolean
}

const HOSTS = ['127.0.0.1', 'localhost', '[::1]'] as const

/**
 * Null lets the request through. The checks stand in this order so that a page of another name, which the browser was
 * made to connect here (DNS rebinding), is told nothing, not even that a token is wanted.
 */
export function refusalOf(request: GuardedRequest, guard: Guard): ErrorReply | null {
  if (!isForThisHost(request, guard.port)) {
    return errorReply(403, 'FORBIDDEN', 'the request names another host than this one')
  }
  if (countOf(request, 'origin') > 0) {
    return errorReply(403, 'FORBIDDEN', 'requests of web pages are not answered')
  }
  if (!guard.isToken(bearerOf(request) ?? '')) {
    return errorReply(401, 'UNAUTHORIZED', 'this needs the token of this mcp-watch', HINT)
  }
  return null
}

const HINT = 'send "Authorization: Bearer" with what the file "token" in the state folder holds'

/**
 * An absolute target (`GET http://…`) would stand above the Host header (RFC 9112, 3.2.2), and is what one sends to a
 * proxy, which this is not.
 */
function isForThisHost(request: GuardedRequest, port: number): boolean {
  if (!request.url.startsWith('/') || countOf(request, 'host') !== 1) return false
  const host = request.headers.host?.toLowerCase()
  return HOSTS.some((name) => host === `${name}:${port}`)
}

/** RFC 6750, 2.1; the scheme is not case-sensitive (RFC 9110, 11.1). */
function bearerOf(request: GuardedRequest): string | null {
  if (countOf(request, 'authorization') !== 1) return null
  return /^bearer +([\w.~+/-]{1,512}=*)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null
}

function countOf({ rawHeaders }: GuardedRequest, name: string): number {
  return rawHeaders.filter((each, at) => at % 2 === 0 && each.toLowerCase() === name).length
}
