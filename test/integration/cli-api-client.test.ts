/** The client of the local API over real Unix sockets, against answers good and bad. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApiClient } from '../../cli/api-client.ts'
import { run } from '../../cli/run.ts'
import { fakeIo } from '../unit/cli/fake-io.ts'
import { report, status } from '../unit/cli/sample.ts'

const missing = (): never => {
  throw new Error('the test did not expect this')
}

let folder: string
let socket: string
let server: Server | null = null

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcpw-api-'))
  socket = join(folder, 's')
})

afterEach(async () => {
  server?.closeAllConnections()
  await new Promise((resolve) => (server === null ? resolve(null) : server.close(resolve)))
  server = null
  rmSync(folder, { recursive: true, force: true })
})

async function serve(listener: RequestListener): Promise<void> {
  const listening = createServer(listener)
  server = listening
  await new Promise<void>((resolve) => listening.listen(socket, resolve))
}

const answer =
  (code: number, body: unknown): RequestListener =>
  (_request, response) => {
    response.writeHead(code, { 'content-type': 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }

const daemonFile = (): ReturnType<typeof daemonFileOf> => daemonFileOf(socket)
const daemonFileOf = (path: string) => ({
  pid: process.pid,
  startedAt: '2026-11-22T10:00:00.000Z',
  version: '0.1.0',
  socket: path,
  port: null,
})

describe('the client of the local API', () => {
  it('asks for the report that was meant, whatever is in the names', async () => {
    const asked: string[] = []
    await serve((request, response) => {
      asked.push(request.url ?? '')
      answer(200, report())(request, response)
    })
    const filter = { server: 'a&b=c/../d é', client: 'cursor' }
    expect(await createApiClient(socket).report('90m', filter)).toEqual(report())
    const url = new URL(asked[0] ?? '', 'http://localhost')
    expect(url.pathname).toBe('/api/v1/report')
    expect(Object.fromEntries(url.searchParams)).toEqual({ since: '90m', ...filter })
  })

  it('passes on what the daemon says is wrong', async () => {
    const error = { code: 'UNKNOWN_SERVER', message: 'no such server', hint: 'known: a, b' }
    await serve(answer(404, { schemaVersion: 1, error }))
    await expect(createApiClient(socket).report('24h', {})).rejects.toMatchObject(error)
  })

  it.each([
    ['no JSON', 200, 'hello'],
    ['another shape', 200, { schemaVersion: 1, status: 'fine' }],
    ['a later contract', 200, { ...status(), schemaVersion: 2 }],
    ['an error of unknown shape', 500, 'oops'],
  ])('calls a daemon that answers with %s silent', async (_what, code, body) => {
    await serve(answer(code, body))
    await expect(createApiClient(socket).status()).rejects.toMatchObject({ code: 'DAEMON_SILENT' })
  })

  it('does not wait for ever, not even for one that drips', async () => {
    await serve((_request, response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write(' '), 10)
      response.on('close', () => clearInterval(drip))
    })
    const limits = { timeoutMs: 200, bodyBytes: 1_000_000 }
    await expect(createApiClient(socket, limits).status()).rejects.toMatchObject({
      code: 'DAEMON_SILENT',
    })
  })

  it('does not take in an answer without end', async () => {
    await serve((_request, response) => {
      const pour = (): void => {
        while (!response.destroyed && response.write(' '.repeat(65_536)));
        response.once('drain', pour)
      }
      pour()
    })
    const limits = { timeoutMs: 20_000, bodyBytes: 1_000_000 }
    await expect(createApiClient(socket, limits).status()).rejects.toMatchObject({
      code: 'DAEMON_SILENT',
    })
  })
})

describe('commands with a daemon', () => {
  it('status shows what it answers', async () => {
    await serve(answer(200, status()))
    const io = fakeIo({ locateDaemon: daemonFile })
    expect(await run(['status'], io)).toBe(0)
    expect(io.written().out).toContain('running as process 777')
  })

  it('report asks the archive where nobody listens on the socket any more', async () => {
    const io = fakeIo({
      locateDaemon: daemonFile,
      openArchive: () => ({
        report: () => report(),
        servers: () => ({ schemaVersion: 1, servers: [] }),
        findings: missing,
        finding: missing,
        history: missing,
        close: () => undefined,
      }),
    })
    expect(await run(['report', '--json'], io)).toBe(0)
    expect(JSON.parse(io.written().out)).toEqual(report())
  })

  it('data prune does not leave its work to a daemon that is stuck', async () => {
    const asked: string[] = []
    await serve((request, response) => {
      asked.push(request.url ?? '')
      answer(200, 'no answer of ours')(request, response)
    })
    const io = fakeIo({ locateDaemon: daemonFile, refuseDecisionBelowServer: async () => {} })
    expect(await run(['data', 'prune'], io)).toBe(3)
    expect(asked.filter((url) => url.includes('/data/'))).toEqual([])
    expect(asked).toContain('/api/v1/health')
  })

  it('stop signals nobody but the process that answers on the socket', async () => {
    const health = { ...status().daemon, pid: process.pid + 1 }
    await serve(answer(200, { schemaVersion: 1, ...health }))
    // daemon.json names this test's own process: a signal would end it.
    const io = fakeIo({ locateDaemon: daemonFile })
    expect(await run(['stop'], io)).toBe(3)
    expect(io.written().err).toContain(`process ${process.pid + 1} answers`)
  })
})
