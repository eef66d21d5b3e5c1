/** The question "why" through the API, and from one look at this very machine. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createApiClient } from '../../cli/api-client.ts'
import { run } from '../../cli/run.ts'
import { createApi } from '../../daemon/api/create-api.ts'
import { listenOnSocket } from '../../daemon/api/listen.ts'
import { explainOnce } from '../../daemon/explain-once.ts'
import { openMemoryArchive } from '../../daemon/query/archive.ts'
import {
  type Explanation,
  explanationSchema,
  type Question,
} from '../../shared/contract/explain.ts'
import { McpWatchError } from '../../shared/errors.ts'
import { fakeIo } from '../unit/cli/fake-io.ts'
import { fixedClock, silentLog, T0 } from '../unit/store/ticks.ts'

const missing = (): never => {
  throw new Error('the test did not expect this')
}

const gone = (question: Question): Explanation => ({
  schemaVersion: 1,
  generatedAt: new Date(T0).toISOString(),
  at: new Date(T0).toISOString(),
  source: 'daemon',
  question: {
    pid: 'pid' in question ? question.pid : null,
    server: 'server' in question ? question.server : null,
  },
  process: null,
  servers: [],
  instances: [],
  ruledOut: [],
  near: [],
})

async function served(explain?: (question: Question) => Explanation) {
  const { archive, store } = openMemoryArchive(fixedClock(T0))
  const deps = { archive, status: missing, health: missing, log: silentLog }
  const app = createApi(explain === undefined ? deps : { ...deps, explain })
  const folder = mkdtempSync(join(tmpdir(), 'mcpw-explain-'))
  const path = join(folder, 's')
  await listenOnSocket(app, path)
  onTestFinished(async () => {
    await app.close()
    archive.close()
    store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { app, path, client: createApiClient(path) }
}

describe('GET /api/v1/explain', () => {
  it('hands on the one question and the answer', async () => {
    const { client } = await served(gone)
    expect((await client.explain({ pid: 42 })).question).toEqual({ pid: 42, server: null })
    const odd = 'a&pid=1 é'
    expect((await client.explain({ server: odd })).question).toEqual({ pid: null, server: odd })
  })

  it.each([['pid=0'], ['pid=x'], ['pid=1&server=a'], [''], ['pid=1&pid=2'], ['server=']])(
    'refuses %j',
    async (query) => {
      const { app } = await served(gone)
      const answer = await app.inject(`/api/v1/explain?${query}`)
      expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'USAGE'])
    },
  )

  it('passes on that a server is not known, and does not exist where nobody can explain', async () => {
    const { client } = await served(() => {
      throw new McpWatchError('UNKNOWN_SERVER', 'no such server is known')
    })
    await expect(client.explain({ server: 'x' })).rejects.toMatchObject({ code: 'UNKNOWN_SERVER' })
    const { app } = await served()
    expect((await app.inject('/api/v1/explain?pid=1')).statusCode).toBe(404)
  })
})

describe('the command', () => {
  const daemonAt = (socket: string) => () => ({
    pid: process.pid,
    startedAt: new Date(T0).toISOString(),
    version: '0.1.0',
    socket,
    port: null,
  })

  it('asks the daemon, and looks by itself only where nobody listens', async () => {
    const { path } = await served(gone)
    const io = fakeIo({ locateDaemon: daemonAt(path) })
    expect(await run(['explain', '42'], io)).toBe(0)
    expect(io.written().out).toContain('As the running mcp-watch saw it')
    const asked: Question[] = []
    const alone = fakeIo({
      locateDaemon: daemonAt(`${path}-gone`),
      explain: async (question) => {
        asked.push(question)
        return { ...gone(question), source: 'look' }
      },
    })
    expect(await run(['explain', 'memory'], alone)).toBe(0)
    expect(asked).toEqual([{ server: 'memory' }])
    expect(alone.written().out).toContain('From one look')
  })
})

describe('one look', () => {
  it('tells what this process is, and that one is gone', async () => {
    const ended = spawn(process.execPath, ['-e', ''])
    await new Promise((resolve) => ended.once('close', resolve))
    const here = explanationSchema.parse(await explainOnce({ pid: process.pid }))
    expect(here.process).toMatchObject({ pid: process.pid, executable: process.execPath })
    expect(here.process?.part).not.toBe('gone')
    const there = await explainOnce({ pid: ended.pid ?? 0 })
    expect(there.process?.part).toBe('gone')
  })
})
