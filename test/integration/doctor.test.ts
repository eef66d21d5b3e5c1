/** The doctor over real files and this machine: it must never write, hang or throw. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { run } from '../../cli/run.ts'
import { inspectDatabase, isStateLocked } from '../../daemon/query/inspect.ts'
import { examine } from '../../daemon/run-doctor.ts'
import { takeStateLock } from '../../daemon/store/lock.ts'
import { type Doctor, doctorSchema } from '../../shared/contract/doctor.ts'
import { fakeIo } from '../unit/cli/fake-io.ts'
import { finding, record, T0, temporaryFolder, tick } from '../unit/store/ticks.ts'
import { recorded } from './query-archive.ts'

const files = record('files')

describe('the database', () => {
  it('passes, with its last tick, its gaps, and rows dated in the future', () => {
    const { folder, commit } = recorded()
    const gap = { from: T0 - 5_000, to: T0 - 1_000, reason: 'sleep' as const }
    commit(tick(T0, { servers: [files], findings: [finding(files)], coverage: { gaps: [gap] } }))
    expect(inspectDatabase(folder, T0)).toMatchObject({
      exists: true,
      check: 'ok',
      lastTickAt: new Date(T0).toISOString(),
      future: 0,
      gaps: { sleep: 1 },
    })
    expect(inspectDatabase(folder, T0 - 3_600_000).future).toBe(2)
  })

  it('is told damaged, of another version, no database, or not there', () => {
    const { folder, commit } = recorded()
    expect(inspectDatabase(temporaryFolder(), T0)).toMatchObject({ exists: false, bytes: 0 })
    commit(tick(T0, { servers: [files] }))
    const path = join(folder, 'watch.db')
    const db = new Database(path)
    db.pragma('wal_checkpoint(TRUNCATE)')
    db.pragma('user_version = 99')
    db.close()
    expect(inspectDatabase(folder, T0)).toMatchObject({ version: 99, check: 'ok' })
    const bytes = readFileSync(path)
    bytes.fill(0xff, 4096, 8192)
    writeFileSync(path, bytes)
    expect(inspectDatabase(folder, T0).check).toBe('damaged')
    writeFileSync(path, 'no database at all, but long enough to be looked at as one'.repeat(20))
    expect(inspectDatabase(folder, T0).check).toBe('damaged')
    writeFileSync(join(folder, 'watch.db.corrupt-2026-01-15T12-00-00.000Z'), '')
    expect(inspectDatabase(folder, T0).setAside).toHaveLength(1)
  })
})

it('the lock is seen held and free, and is not made by looking', () => {
  const folder = temporaryFolder()
  expect(isStateLocked(folder)).toBeNull()
  const lock = takeStateLock(folder)
  expect(isStateLocked(folder)).toBe(true)
  lock?.release()
  expect(isStateLocked(folder)).toBe(false)
  const again = takeStateLock(folder)
  expect(again).not.toBeNull()
  again?.release()
})

/** A home of its own for this process, as `examine` finds its folders through the environment. */
function home(): string {
  const folder = temporaryFolder()
  vi.stubEnv('HOME', folder)
  for (const name of ['XDG_STATE_HOME', 'XDG_CONFIG_HOME', 'XDG_RUNTIME_DIR', 'SUDO_UID'])
    vi.stubEnv(name, undefined)
  onTestFinished(() => void vi.unstubAllEnvs())
  return folder
}

describe('the whole', () => {
  it('writes nothing, and tells read, unreadable and absent configurations apart', async () => {
    const folder = home()
    mkdirSync(join(folder, '.cursor'))
    writeFileSync(
      join(folder, '.cursor/mcp.json'),
      '{"mcpServers":{"a":{"command":"node","args":["/srv/a.js","--token","sk-planted"]}}}',
    )
    writeFileSync(join(folder, '.claude.json'), '{"mcpServers": {')
    const { doctor, bundle } = await examine(null)
    expect(doctorSchema.parse(doctor)).toEqual(doctor)
    const { read, diagnostics, absent, servers } = doctor.configurations
    expect(read).toEqual([{ client: 'cursor', file: join(folder, '.cursor/mcp.json'), servers: 1 }])
    expect(diagnostics.map(({ file }) => file)).toEqual([join(folder, '.claude.json')])
    expect(absent.length).toBeGreaterThan(3)
    expect(servers.stdio).toBe(1)
    expect(doctor.state.exists).toBe(false)
    expect(readdirSync(folder).sort()).toEqual(['.claude.json', '.cursor'])
    const text = gunzipSync(bundle().bytes).toString()
    expect(text).toContain('~/.cursor/mcp.json')
    expect(text).not.toContain(folder)
    expect(text + JSON.stringify(doctor)).not.toContain('planted')
  })

  it('tells of a policy that cannot be used, and quotes nothing of it', async () => {
    const folder = home()
    mkdirSync(join(folder, '.config/mcp-watch'), { recursive: true })
    const path = join(folder, '.config/mcp-watch/policy.jsonc')
    writeFileSync(
      path,
      '{"version": 1, "servers": [{"match": {"name": "a"}, "expect": ["https://planted/"]}]}',
    )
    const { doctor, bundle } = await examine(null)
    expect(doctor.checks).toContainEqual({
      area: 'configuration',
      status: 'warning',
      message: `${path}:1:64: a web address where a host is meant`,
      hint: '"mcp-watch policy check" says what to write instead',
    })
    const text = gunzipSync(bundle().bytes).toString()
    expect(text + JSON.stringify(doctor)).not.toContain('planted')
  })

  it('says so where a file is in the place of the state folder', async () => {
    const folder = home()
    mkdirSync(join(folder, '.local/state'), { recursive: true })
    const state = join(folder, '.local/state/mcp-watch')
    writeFileSync(state, '')
    const { doctor } = await examine(null)
    const message = `${state} belongs to another user, or is no folder`
    expect(doctor.checks).toContainEqual(expect.objectContaining({ status: 'blocked', message }))
  })

  it('is not held up by a FIFO in the place of the log', async () => {
    const folder = home()
    const state = join(folder, '.local/state/mcp-watch')
    mkdirSync(state, { recursive: true, mode: 0o700 })
    execFileSync('mkfifo', [join(state, 'log')])
    const { doctor } = await examine(null)
    expect(doctor.log).toMatchObject({ exists: true, errors: 0 })
    chmodSync(state, 0o755)
    const { checks } = (await examine(null)).doctor
    expect(checks).toContainEqual(expect.objectContaining({ area: 'state', status: 'warning' }))
  })
})

describe('the command', () => {
  const examined = (changes: Partial<Doctor> = {}) => ({
    examine: async () => {
      const { doctor, bundle } = await examine(null)
      return { doctor: { ...doctor, ...changes }, bundle }
    },
  })

  it('ends with 4 where watching is impossible, else with 0', async () => {
    home()
    const check = {
      area: 'engine',
      status: 'blocked',
      message: 'no \u001b[2Jway',
      hint: 'x',
    } as const
    const io = fakeIo(examined({ possible: false, checks: [check] }))
    expect(await run(['doctor'], io)).toBe(4)
    expect(io.written().out).toContain('blocked  no way')
    const fine = fakeIo(examined({ possible: true }))
    expect(await run(['doctor', '--json'], fine)).toBe(0)
    expect(doctorSchema.parse(JSON.parse(fine.written().out)).possible).toBe(true)
  })

  it('writes a bundle for the user alone, and never over anything', async () => {
    const file = join(home(), 'b.json.gz')
    const io = fakeIo(examined({ possible: true }))
    expect(await run(['doctor', '--bundle', file], io)).toBe(0)
    expect(io.written().out).toContain('mcp-watch doctor --json')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const before = readFileSync(file)
    expect(await run(['doctor', '--bundle', file], fakeIo(examined()))).toBe(2)
    expect(readFileSync(file)).toEqual(before)
    expect(await run(['doctor', '--bundle', join(file, 'x')], fakeIo(examined()))).toBe(2)
  })
})
