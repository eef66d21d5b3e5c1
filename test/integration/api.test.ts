import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { z } from 'zod'
import { createApi } from '../../daemon/api/create-api.ts'
import { listenAgain, listenOnSocket, MAX_CONNECTIONS } from '../../daemon/api/listen.ts'
import { openArchive } from '../../daemon/query/archive.ts'
import { openStore } from '../../daemon/store/store.ts'
import {
  connectionsSchema,
  destinationsSchema,
  errorSchema,
  findingsSchema,
  type Health,
  healthSchema,
  type Status,
  serversSchema,
  statusSchema,
} from '../../shared/contract/answers.ts'
import { reportSchema } from '../../shared/contract/report.ts'
import { waitFor } from '../helpers/wait-for.ts'
import {
  finding,
  fixedClock,
  instance,
  judged,
  record,
  silentLog,
  T0,
  temporaryFolder,
  tick,
} from '../unit/store/ticks.ts'

const SECRET = 'sk-planted-4242'
const health: Health = {
  schemaVersion: 1,
  status: 'ok',
  version: '0.1.0',
  pid: 1,
  startedAt: new Date(T0).toISOString(),
  lastTickAt: null,
}
const status: Status = {
  schemaVersion: 1,
  daemon: health,
  engine: { name: 'ss', intervalMs: 1_000, expectedRecall: 0.9, degraded: [] },
  configurations: [],
  diagnostics: [],
  servers: [],
}

/** An API over a store with one server, which connected out once. */
function api(over: { status?: () => Promise<Status> } = {}): FastifyInstance {
  const folder = temporaryFolder()
  const files = record('files')
  const root = instance(100, [files])
  const store = openStore({ folder, clock: fixedClock(T0), log: silentLog })
  const words = { instances: [root], opened: [judged(root, 1)], findings: [finding(files)] }
  store.commit(tick(T0, { servers: [files], ...words }))
  const archive = openArchive({ folder, now: () => T0 })
  const app = createApi({
    archive,
    status: over.status ?? (() => Promise.resolve(status)),
    // A field that the schema does not have must not get out.
    health: () => ({ ...health, token: SECRET }) as Health,
    log: silentLog,
    now: () => T0,
  })
  onTestFinished(async () => {
    await app.close()
    archive.close()
    store.close()
  })
  return app
}

interface Answer {
  readonly status: number
  readonly text: string
}

function get(socketPath: string, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() })
      })
    })
    call.on('error', reject)
    call.end()
  })
}

async function listening(app: FastifyInstance = api()): Promise<string> {
  const path = join(temporaryFolder(), 'run', 'api.sock')
  await listenOnSocket(app, path)
  return path
}

describe('routes over the socket', () => {
  it('answers every route as its schema says and leaves out what the schema does not have', async () => {
    const path = await listening()
    const routes: Record<string, z.ZodType> = {
      health: healthSchema,
      status: statusSchema,
      servers: serversSchema,
      connections: connectionsSchema,
      destinations: destinationsSchema,
      findings: findingsSchema,
      report: reportSchema,
    }
    for (const [route, schema] of Object.entries(routes)) {
      const answer = await get(path, `/api/v1/${route}`)
      expect([route, answer.status]).toEqual([route, 200])
      expect(schema.safeParse(JSON.parse(answer.text)).success).toBe(true)
      expect(answer.text).not.toContain(SECRET)
    }
    const found = reportSchema.parse(JSON.parse((await get(path, '/api/v1/report')).text))
    expect(found.servers[0]?.destinations).toHaveLength(1)
    expect(found.findings).toHaveLength(1)
  })

  it('takes window, filter and limit', async () => {
    const path = await listening()
    const count = async (query: string): Promise<number> => {
      const answer = await get(path, `/api/v1/connections?${query}`)
      return connectionsSchema.parse(JSON.parse(answer.text)).connections.length
    }
    expect(await count('since=1h&server=files&client=claude-desktop&limit=1')).toBe(1)
    const past = new Date(T0 - 3_600_000).toISOString()
    expect(await count(`since=1h&to=${past}`)).toBe(0)
  })

  it.each([
    ['/api/v1/report?since=forever', 400, 'USAGE'],
    ['/api/v1/report?since=1h&since=2h', 400, 'USAGE'],
    [`/api/v1/report?sinse=${SECRET}`, 400, 'USAGE'],
    ['/api/v1/connections?limit=0', 400, 'USAGE'],
    ['/api/v1/connections?limit=99999', 400, 'USAGE'],
    ['/api/v1/connections?limit=1e3', 400, 'USAGE'],
    [`/api/v1/report?server=${SECRET}`, 404, 'UNKNOWN_SERVER'],
    [`/api/v1/report?client=${SECRET}`, 404, 'UNKNOWN_CLIENT'],
    [`/api/v1/${SECRET}`, 404, 'NOT_FOUND'],
    ['/api/v1/%zz', 400, 'USAGE'],
  ])('answers %s with %i %s and does not repeat the request', async (route, code, name) => {
    const answer = await get(await listening(), route)
    expect(answer.status).toBe(code)
    expect(errorSchema.parse(JSON.parse(answer.text)).error.code).toBe(name)
    expect(answer.text).not.toContain(SECRET)
  })

  it('hides what went wrong inside', async () => {
    const app = api({ status: () => Promise.reject(new Error(SECRET)) })
    const broken = api({ status: () => Promise.resolve({ ...status, engine: SECRET } as never) })
    for (const it of [app, broken]) {
      const answer = await it.inject('/api/v1/status')
      expect(answer.statusCode).toBe(500)
      expect(errorSchema.parse(answer.json()).error.code).toBe('INTERNAL')
      expect(answer.body).not.toContain(SECRET)
    }
  })

  it('answers what is not HTTP in the same form', async () => {
    const path = await listening()
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(path, () => socket.write(`${SECRET}\r\n\r\n`))
      let all = ''
      socket.on('data', (part) => {
        all += part.toString()
      })
      socket.on('end', () => resolve(all))
      socket.on('error', reject)
    })
    const [head, body] = text.split('\r\n\r\n')
    expect(head).toContain('400')
    expect(errorSchema.safeParse(JSON.parse(body ?? '')).success).toBe(true)
  })
})

describe('the socket', () => {
  it('is private in a private folder, and gone after close', async () => {
    const folder = join(temporaryFolder(), 'run')
    mkdirSync(folder)
    chmodSync(folder, 0o777)
    const app = api()
    const path = join(folder, 'api.sock')
    await listenOnSocket(app, path)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await app.close()
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined()
  })

  it('is made again where its folder was removed, and only there', async () => {
    const folder = join(temporaryFolder(), 'run')
    const path = join(folder, 's')
    const app = api()
    await listenOnSocket(app, path)
    const again = () => listenAgain((q, a) => app.routing(q, a), path)
    expect(again()).toBeNull()
    rmSync(folder, { recursive: true })
    const listening = again()
    onTestFinished(() => listening?.close())
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect((await get(path, '/api/v1/health')).status).toBe(200)
  })

  it('replaces one that a killed daemon left, but not one that is answered', async () => {
    const path = join(temporaryFolder(), 'api.sock')
    const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
    spawnSync(process.execPath, ['-e', script, path])
    expect(statSync(path).isSocket()).toBe(true)
    await listenOnSocket(api(), path)
    expect((await get(path, '/api/v1/health')).status).toBe(200)
    await expect(listenOnSocket(api(), path)).rejects.toMatchObject({ code: 'DAEMON_RUNNING' })
    expect((await get(path, '/api/v1/health')).status).toBe(200)
  })

  it('takes no more connections than are bounded', async () => {
    const path = join(temporaryFolder(), 'api.sock')
    await listenOnSocket(api(), path)
    let refused = 0
    const sockets = Array.from({ length: MAX_CONNECTIONS + 10 }, () =>
      connect(path)
        .on('close', () => {
          refused += 1
        })
        .on('error', () => undefined),
    )
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
    })
    await waitFor(() => refused >= 10, { what: 'ten are refused', deadlineMs: 10_000 })
    expect(refused).toBe(10)
  })

  it('counts a listener that accepts and says nothing as alive', async () => {
    const path = join(temporaryFolder(), 'api.sock')
    const mute = createServer()
    await new Promise<void>((resolve) => mute.listen(path, resolve))
    onTestFinished(() => void mute.close())
    await expect(listenOnSocket(api(), path)).rejects.toMatchObject({ code: 'DAEMON_RUNNING' })
  })

  it('never removes what is no socket, nor goes into a folder behind a link', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'api.sock')
    writeFileSync(path, 'mine')
    await expect(listenOnSocket(api(), path)).rejects.toMatchObject({ code: 'STATE_FOLDER' })
    expect(statSync(path).size).toBe(4)
    const link = join(temporaryFolder(), 'link')
    symlinkSync(folder, link)
    await expect(listenOnSocket(api(), join(link, 'other.sock'))).rejects.toMatchObject({
      code: 'STATE_FOLDER',
    })
  })
})
