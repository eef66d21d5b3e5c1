/** The API on 127.0.0.1, behind the guard. The server is plain HTTP of our own: nothing gets past the check, no route, no error. */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { McpWatchError } from '../../shared/errors.ts'
import type { Log } from '../ports.ts'
import { type ErrorReply, errorReply } from './answers.ts'
import { type Guard, refusalOf } from './host-guard.ts'
import { DEFAULT_TCP_PORT } from './tcp-port.ts'
import { tokenCheck } from './token.ts'

const ADDRESS = '127.0.0.1'
/** Real requests of this API have some hundred bytes of headers. */
const MAX_HEADER_BYTES = 8 * 1024
const MAX_CONNECTIONS = 64

export interface TcpTimes {
  /** From the connection's begin to the last header. */
  readonly headersMs: number
  /** The same to the end of the request. */
  readonly requestMs: number
  readonly idleMs: number
}

const TIMES: TcpTimes = { headersMs: 5_000, requestMs: 10_000, idleMs: 5_000 }

export interface TcpDeps {
  /** Answers a request that passed: with fastify a call of `app.routing` once `app.ready()` has resolved. */
  readonly handler: RequestListener
  /** Asked for only where something is listened on. */
  readonly token: () => string
  readonly log: Log
  readonly times?: TcpTimes
}

export interface TcpApi {
  /** Null where nothing could be listened on, or was not asked for. */
  readonly port: number | null
  /** The default port was taken, so that it is another one. */
  readonly moved: boolean
  /** Ends open connections too. */
  close(): Promise<void>
}

const NO_TCP: TcpApi = { port: null, moved: false, close: async () => undefined }

/**
 * Listens on `wanted`: 0 is not at all; null the default port or, where that is taken, any free one. Throws PORT_TAKEN
 * for a port that was asked for by number. A machine without the loopback address is one without this API, no more.
 */
export async function listenOnTcp(deps: TcpDeps, wanted: number | null): Promise<TcpApi> {
  if (wanted === 0) return NO_TCP
  const isToken = tokenCheck(deps.token())
  const listen = (port: number): Promise<Server | string> =>
    tryPort(guardedServer(deps, isToken), port)
  const first = await listen(wanted ?? DEFAULT_TCP_PORT)
  if (typeof first !== 'string') return tcpApi(first, false)
  if (wanted !== null) throw taken(wanted, first)
  const other = await listen(0)
  if (typeof other !== 'string') return tcpApi(other, true)
  deps.log.warn({ code: other }, 'the local API is not on a port')
  return NO_TCP
}

function tcpApi(server: Server, moved: boolean): TcpApi {
  return {
    port: portOf(server),
    moved,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function taken(port: number, code: string): McpWatchError {
  const message =
    code === 'EACCES' ? `port ${port} may not be used by this user` : `port ${port} is not free`
  return new McpWatchError('PORT_TAKEN', message, {
    hint: 'give another one, leave --port out for any that is free, or use --port 0 for none',
  })
}

/** The server that listens, or the code of the error. `exclusive` keeps a cluster's parent out of it. */
function tryPort(server: Server, port: number): Promise<Server | string> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    server.listen({ host: ADDRESS, port, exclusive: true }, () => resolve(server))
  })
}

function guardedServer(
  { handler, log, times = TIMES }: TcpDeps,
  isToken: Guard['isToken'],
): Server {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: times.headersMs,
      requestTimeout: times.requestMs,
      keepAliveTimeout: times.idleMs,
      connectionsCheckingInterval: Math.min(1_000, times.headersMs),
    },
    (request, response) => {
      const refusal = refusalOf(asked(request), { port: portOf(server), isToken } satisfies Guard)
      harden(response)
      if (refusal === null) handler(request, response)
      else refuse(response, refusal)
    },
  )
  server.maxConnections = MAX_CONNECTIONS
  // Without listeners Node would answer these two by itself, before the guard.
  server.on('checkContinue', (request, response) => server.emit('request', request, response))
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseRaw(error, socket))
  server.on('drop', () => log.warn({ most: MAX_CONNECTIONS }, 'too many connections to the API'))
  return server
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

function asked(request: IncomingMessage): Parameters<typeof refusalOf>[0] {
  return { url: request.url ?? '', headers: request.headers, rawHeaders: request.rawHeaders }
}

/** An answer is for the one who asked: no cache keeps it, no page embeds it, no browser guesses what it is. */
function harden(response: ServerResponse): void {
  response.setHeader('cache-control', 'no-store')
  response.setHeader('cross-origin-resource-policy', 'same-origin')
  response.setHeader('x-content-type-options', 'nosniff')
}

function refuse(response: ServerResponse, { status, body }: ErrorReply): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    connection: 'close',
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  })
  response.end(text)
}

/** What came was no request, was too long, or took too long. */
function refuseRaw({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, words] = statusOf(code)
  const text = JSON.stringify(errorReply(status, 'USAGE', 'the request cannot be read').body)
  const head = `HTTP/1.1 ${status} ${words}\r\nConnection: close\r\nContent-Type: application/json`
  socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
}

function statusOf(code: string | undefined): readonly [number, string] {
  if (code === 'HPE_HEADER_OVERFLOW') return [431, 'Request Header Fields Too Large']
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'Request Timeout']
  return [400, 'Bad Request']
}
