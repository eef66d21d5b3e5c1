/** The program as a process of its own, with a daemon's entry written for the test: exit codes, pipes, signals. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { detach } from '../../cli/commands/detach.ts'
import { eventSchema } from '../../shared/contract/answers.ts'
import { VERSION } from '../../shared/version.ts'
import { fakeIo } from '../unit/cli/fake-io.ts'

const PROJECT = join(import.meta.dirname, '../..')

/** MODE says what the daemon does; STATE is where it keeps daemon.json. */
const ENTRY = `
import { createServer } from 'node:http'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { McpWatchError } from '../shared/errors.js'
const { MODE, STATE } = process.env
const file = join(STATE, 'daemon.json')
const time = '2026-11-22T10:00:00.000Z'
const health = { status: 'ok', version: '9.9.9', pid: process.pid, startedAt: time, lastTickAt: null }
const status = { schemaVersion: 1, daemon: health, configurations: [], diagnostics: [], servers: [],
  engine: { name: 'ss', intervalMs: 1000, expectedRecall: 0.98, degraded: [] } }
export const knownClients = () => [{ id: 'codex', name: 'Codex', paths: [] }]
export const locateDaemon = () => { try { return JSON.parse(readFileSync(file, 'utf8')) } catch { return null } }
export const openArchive = () => { throw new McpWatchError('NO_DATA', 'nothing has been recorded yet') }
export async function runDaemon({ onEvent }) {
  if (MODE === 'running') throw new McpWatchError('DAEMON_RUNNING', 'mcp-watch runs already, as process 321', { hint: 'a hint' })
  if (MODE === 'hang') { writeFileSync(join(STATE, 'hung'), String(process.pid)); await new Promise(() => setInterval(() => undefined, 1000)) }
  const socket = join(STATE, 's')
  const server = createServer((_request, response) => response.end(JSON.stringify({ schemaVersion: 1, ...health })))
  await new Promise((resolve) => server.listen(socket, resolve))
  writeFileSync(file, JSON.stringify({ pid: process.pid, startedAt: time, version: '9.9.9', socket, port: null }))
  const timer = setInterval(() => {
    onEvent({ event: 'gap', time, reason: 'sleep' })
    if (MODE === 'crash') throw new Error('a fault of ours')
  }, 5)
  const stop = async () => { clearInterval(timer); rmSync(file); server.close(); onEvent({ event: 'stopped', time, reason: 'asked' }) }
  return { pid: process.pid, logFile: join(STATE, 'log'), socket, status: async () => status, stop }
}
`

let built: string
let state: string

beforeAll(() => {
  built = mkdtempSync(join(tmpdir(), 'mcpw-cli-'))
  state = mkdtempSync(join(tmpdir(), 'mcpw-state-'))
  const tsc = join(PROJECT, 'node_modules/.bin/tsc')
  const outDir = join(built, 'dist')
  execFileSync(tsc, ['-p', 'tsconfig.build.json', '--outDir', outDir, '--noCheck'], {
    cwd: PROJECT,
  })
  writeFileSync(join(outDir, 'daemon/entry.js'), ENTRY)
  const manifest = { name: 'mcp-watch', type: 'module' }
  writeFileSync(join(built, 'package.json'), JSON.stringify(manifest))
  symlinkSync(join(PROJECT, 'node_modules'), join(built, 'node_modules'))
})

afterAll(() => {
  endLeftOver()
  rmSync(built, { recursive: true, force: true })
  rmSync(state, { recursive: true, force: true })
})

/** A test that failed half-way must not leave its daemon running. */
function endLeftOver(): void {
  try {
    process.kill(JSON.parse(readFileSync(join(state, 'daemon.json'), 'utf8')).pid)
  } catch {
    // None was left.
  }
}

function start(args: readonly string[], mode = ''): ChildProcess {
  return spawn(process.execPath, [join(built, 'dist/cli/main.js'), ...args], {
    env: { PATH: process.env['PATH'], MODE: mode, STATE: state, TMPDIR: state },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function finish(
  child: ChildProcess,
): Promise<{ code: number | null; out: string; err: string }> {
  const text = { out: '', err: '' }
  child.stdout?.on('data', (chunk: Buffer) => {
    text.out += chunk.toString('utf8')
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    text.err += chunk.toString('utf8')
  })
  await once(child, 'close')
  return { code: child.exitCode, ...text }
}

describe('the program', () => {
  it('tells its version and help, and maps usage and missing data to their codes', async () => {
    expect(await finish(start(['--version']))).toEqual({ code: 0, out: `${VERSION}\n`, err: '' })
    expect((await finish(start(['reprot']))).code).toBe(2)
    expect((await finish(start(['report']))).code).toBe(3)
    expect((await finish(start(['stop']))).code).toBe(3)
  })

  it('loads no schema, no server and no database for --help', async () => {
    const trace = join(state, 'trace')
    const hooks = join(built, 'hooks.mjs')
    const register = `import { register } from 'node:module'; register('file://${hooks}')`
    writeFileSync(
      hooks,
      `import { appendFileSync } from 'node:fs'
      export async function resolve(specifier, context, next) {
        const found = await next(specifier, context)
        appendFileSync(${JSON.stringify(trace)}, found.url + '\\n')
        return found
      }`,
    )
    const child = spawn(
      process.execPath,
      ['--import', `data:text/javascript,${register}`, join(built, 'dist/cli/main.js'), '--help'],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    expect((await finish(child)).out).toContain('Exit codes')
    const loaded = readFileSync(trace, 'utf8')
    expect(loaded).toMatch(/commander/)
    expect(loaded).not.toMatch(/node_modules\/(zod|fastify|better-sqlite3|pino)\/|\/daemon\//)
  })

  it('prints JSON lines into a pipe and ends cleanly at Ctrl-C', async () => {
    const child = start(['start'])
    child.stdout?.once('data', () => child.kill('SIGINT'))
    const { code, out, err } = await finish(child)
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => eventSchema.parse(JSON.parse(line)))
    expect(events[0]?.event).toBe('gap')
    expect(events.at(-1)?.event).toBe('stopped')
    expect([code, err]).toEqual([0, ''])
  })

  it('ends quietly with 0 when its reader goes away', async () => {
    const child = start(['start'])
    child.stdout?.once('data', () => child.stdout?.destroy())
    expect(await finish(child)).toMatchObject({ code: 0, err: '' })
  })

  it.skipIf(!existsSync('/dev/full'))('says that its output cannot be written', async () => {
    const full = openSync('/dev/full', 'w')
    const child = spawn(process.execPath, [join(built, 'dist/cli/main.js'), '--help'], {
      stdio: ['ignore', full, 'pipe'],
    })
    closeSync(full)
    const { code, err } = await finish(child)
    expect(code).toBe(4)
    expect(err).toContain('standard output cannot be written (ENOSPC)')
  })

  it('ends with 4, not with what means "findings", when it crashes', async () => {
    const { code, err } = await finish(start(['start'], 'crash'))
    expect(code).toBe(4)
    expect(err).toContain('this is a bug')
    expect(err).not.toContain('a fault of ours')
    rmSync(join(state, 'daemon.json'), { force: true })
    rmSync(join(state, 's'), { force: true })
  })
})

describe('start --detach', () => {
  it('says where the daemon is once it answers, leaves nothing behind, and stop ends it', async () => {
    const { code, out, err } = await finish(start(['start', '--detach']))
    expect([code, err]).toEqual([0, ''])
    const { pid } = JSON.parse(readFileSync(join(state, 'daemon.json'), 'utf8'))
    expect(out).toContain(`process  ${pid}`)
    expect(out).toContain(`log      ${join(state, 'log')}`)
    expect(readdirSync(state).filter((name) => name.startsWith('mcp-watch-start'))).toEqual([])
    expect(() => process.kill(pid, 0)).not.toThrow()
    const stopped = await finish(start(['stop']))
    expect(stopped).toMatchObject({ code: 0, err: '' })
    expect(stopped.out).toContain(`process ${pid}`)
    expect(readdirSync(state)).not.toContain('daemon.json')
  })

  it('ends what does not begin in time, although it goes on trying', async () => {
    vi.stubEnv('MODE', 'hang').stubEnv('STATE', state)
    const io = { ...fakeIo(), mainPath: join(built, 'dist/cli/main.js') }
    // Long enough for it to get as far as where it hangs, on a busy machine too.
    await expect(detach({}, io, 6_000)).rejects.toMatchObject({ code: 'DAEMON_SILENT' })
    vi.unstubAllEnvs()
    const pid = Number(readFileSync(join(state, 'hung'), 'utf8'))
    expect(() => process.kill(pid, 0)).toThrow()
  })

  it('passes on what the daemon said and its code when it does not begin', async () => {
    const { code, out, err } = await finish(start(['start', '--detach'], 'running'))
    expect([code, out]).toEqual([3, ''])
    expect(err).toBe('mcp-watch: mcp-watch runs already, as process 321\n  a hint\n')
  })
})
