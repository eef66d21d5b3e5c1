import { chmodSync, linkSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { type RequestListener, request } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { fastify } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listenOnTcp, type TcpApi, type TcpTimes } from '../../daemon/api/tcp.ts'
import { DEFAULT_TCP_PORT } from '../../daemon/api/tcp-port.ts'
import { readToken } from '../../daemon/api/token.ts'
import { errorSchema } from '../../shared/contract/answers.ts'
import { silentLog, temporaryFolder } from '../unit/store/ticks.ts'

const TOKEN = 'A'.repeat(43)
const SECRET = 'answered'

interface Api extends TcpApi {
  readonly port: number
  /** Requests that reached the routes. */
  readonly reached: string[]
}

/** A fastify app as the daemon has it; what gets through the guard is noted. */
async function listening(times?: TcpTimes): Promise<Api> {
  const reached: string[] = []
  const app = fastify({ frameworkErrors: (_error, _request, reply) => reply.callNotFound() })
  app.addHook('onRequest', async ({ url }) => void reached.push(url))
  app.get('/api/v1/health', () => SECRET)
  await app.ready()
  const handler: RequestListener = (asked, answer) => app.routing(asked, answer)
  const token = (): string => TOKEN
  const deps = { handler, token, log: silentLog, ...(times === undefined ? {} : { times }) }
  const api = await listenOnTcp(deps, await freePort())
  onTestFinished(() => api.close())
  return { ...api, port: api.port ?? 0, reached }
}

async function freePort(): Promise<number> {
  const { server, port } = await occupied(0)
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function occupied(port: number) {
  const server = createServer()
  const error = await new Promise((resolve) => {
    server.once('error', resolve)
    server.listen({ host: '127.0.0.1', port }, () => resolve(null))
  })
  const address = error === null ? (server.address() as { port: number }) : { port: 0 }
  return { server, port: address.port }
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly body: string
}

function ask(port: number, path: string, headers: Record<string, string | string[]>) {
  return new Promise<Answer>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, headers, agent: false }
    const asked = request(options, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        body += part
      })
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }),
      )
    })
    asked.on('error', reject)
    asked.end()
  })
}

/** Sends bytes as they are and answers all that comes back until the other end closes. */
function raw(port: number, text: string, keep?: (socket: Socket) => void): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let all = ''
    socket.on('data', (part) => {
      all += part.toString()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(all))
    keep?.(socket)
  })
}

const bearer = { authorization: `Bearer ${TOKEN}` }

describe('the API over TCP', () => {
  it('answers whoever names this host and brings the token', async () => {
    const { port, reached } = await listening()
    for (const host of [`127.0.0.1:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
      const answer = await ask(port, '/api/v1/health', { host, ...bearer })
      expect(answer).toMatchObject({ status: 200, body: SECRET })
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      })
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
    }
    const lower = await ask(port, '/api/v1/health', { authorization: `bearer ${TOKEN}` })
    expect(lower.status).toBe(200)
    expect(reached).toHaveLength(4)
  })

  it.each([
    ['no token', {}, 401],
    ['a wrong token', { authorization: `Bearer ${'B'.repeat(43)}` }, 401],
    ['a token cut short', { authorization: `Bearer ${TOKEN.slice(1)}` }, 401],
    ['a token with more behind it', { authorization: `Bearer ${TOKEN}A` }, 401],
    ['another scheme', { authorization: `Basic ${TOKEN}` }, 401],
    ['two tokens', { authorization: [`Bearer ${TOKEN}`, `Bearer ${TOKEN}`] }, 401],
    ['a name that was rebound to this address', { host: 'evil.example:PORT', ...bearer }, 403],
    ['a name that begins like ours', { host: 'localhost.evil.example:PORT', ...bearer }, 403],
    ['another port', { host: '127.0.0.1:1', ...bearer }, 403],
    ['no port', { host: '127.0.0.1', ...bearer }, 403],
    ['another way to write the address', { host: '2130706433:PORT', ...bearer }, 403],
    ['a page of another origin', { origin: 'https://evil.example', ...bearer }, 403],
    ['a page without origin', { origin: 'null', ...bearer }, 403],
    ['a page of this very address', { origin: 'http://127.0.0.1:PORT', ...bearer }, 403],
  ])('refuses %s, on every route', async (_what, given, status) => {
    const { port, reached } = await listening()
    const text = JSON.stringify(given).replaceAll('PORT', String(port))
    for (const path of ['/api/v1/health', '/no/such/route', '/%zz']) {
      const answer = await ask(port, path, JSON.parse(text) as Record<string, string>)
      expect(answer.status).toBe(status)
      const { code } = errorSchema.parse(JSON.parse(answer.body)).error
      expect(code).toBe(status === 401 ? 'UNAUTHORIZED' : 'FORBIDDEN')
      expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined)
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
    }
    expect(reached).toEqual([])
  })

  it.each([
    ['no Host', 'GET /api/v1/health HTTP/1.0\r\nAuthorization: Bearer TOKEN\r\n\r\n', 403],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nHost: a\r\n\r\n', 403],
    ['a target with a host', 'GET http://a/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n', 403],
    ['an expectation', 'GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nExpect: x\r\n\r\n', 401],
    ['a preflight', 'OPTIONS / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: x\r\n\r\n', 403],
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    [
      'huge headers',
      `GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
  ])('refuses %s', async (_what, text, status) => {
    const { port, reached } = await listening()
    const sent = text.replace('PORT', String(port)).replace('TOKEN', TOKEN)
    const answer = await raw(port, sent)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(errorSchema.safeParse(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).success).toBe(true)
    expect(reached).toEqual([])
  })

  it('does not wait for a client that never ends its request, nor is kept from others by it', async () => {
    const { port } = await listening({ headersMs: 300, requestMs: 600, idleMs: 300 })
    const before = performance.now()
    const slow = raw(port, 'GET / HTTP/1.1\r\nHost: ')
    expect((await ask(port, '/api/v1/health', bearer)).status).toBe(200)
    expect(await slow).toMatch(/^HTTP\/1.1 408 /)
    expect(performance.now() - before).toBeLessThan(5_000)
  })

  it('ends with open connections', async () => {
    const api = await listening()
    const open = new Promise<void>((resolve) => {
      void raw(api.port, 'GET /', (socket) => socket.once('connect', () => resolve()))
    })
    await open
    await api.close()
    await expect(ask(api.port, '/', bearer)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('the port', () => {
  const deps = { handler: () => undefined, token: () => TOKEN, log: silentLog }

  it('is any free one, and says so, where the usual one is taken', async () => {
    // Taken by this test, or by somebody on this machine already: both will do.
    const { server } = await occupied(DEFAULT_TCP_PORT)
    onTestFinished(() => void server.close())
    const api = await listenOnTcp(deps, null)
    onTestFinished(() => api.close())
    expect(api.moved).toBe(true)
    expect(api.port).toBeGreaterThan(0)
    expect(api.port).not.toBe(DEFAULT_TCP_PORT)
  })

  it('is none with 0, and an error where a wanted one is taken', async () => {
    const token = (): string => {
      throw new Error('no token is needed')
    }
    const none = await listenOnTcp({ ...deps, token }, 0)
    expect(none).toMatchObject({ port: null, moved: false })
    const { server, port } = await occupied(0)
    onTestFinished(() => void server.close())
    await expect(listenOnTcp(deps, port)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  })
})

describe('the token', () => {
  it('is made once, private, of 32 random bytes', () => {
    const folder = temporaryFolder()
    const token = readToken(folder)
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
    expect(statSync(join(folder, 'token')).mode & 0o777).toBe(0o600)
    expect(readToken(folder)).toBe(token)
    expect(readToken(temporaryFolder())).not.toBe(token)
  })

  it('is made anew where others could have read or chosen it', () => {
    const mine = join(temporaryFolder(), 'mine')
    writeFileSync(mine, `${TOKEN}\n`, { mode: 0o600 })
    const plant: Record<string, (path: string) => void> = {
      'readable by others': (path) => {
        writeFileSync(path, `${TOKEN}\n`)
        chmodSync(path, 0o644)
      },
      'a link': (path) => symlinkSync(mine, path),
      'a second name of a file': (path) => linkSync(mine, path),
      'no token': (path) => writeFileSync(path, 'password\n', { mode: 0o600 }),
      empty: (path) => writeFileSync(path, '', { mode: 0o600 }),
    }
    for (const [what, make] of Object.entries(plant)) {
      const folder = temporaryFolder()
      make(join(folder, 'token'))
      const token = readToken(folder)
      expect(token, what).not.toBe(TOKEN)
      expect(statSync(join(folder, 'token')).mode & 0o777, what).toBe(0o600)
      expect(readFileSync(join(folder, 'token'), 'utf8').trim(), what).toBe(token)
    }
    expect(readFileSync(mine, 'utf8')).toBe(`${TOKEN}\n`)
  })

  it('is an error where it cannot be kept', () => {
    expect(() => readToken(join(temporaryFolder(), 'missing'))).toThrow(
      expect.objectContaining({ code: 'STATE_FOLDER' }),
    )
  })
})
