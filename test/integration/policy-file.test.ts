/** The policy file on a real file system: noticed, kept when bad, replaced as a whole. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createPolicyFile, type PolicyFile } from '../../daemon/policy/policy-file.ts'
import { appendItem } from '../../daemon/policy/splice.ts'
import { editPolicyFile } from '../../daemon/policy/write-file.ts'
import type { PolicyDiagnostic } from '../../shared/contract/policy.ts'
import { DEFAULT_POLICY, type Policy, RETENTION_UNKNOWN } from '../../shared/model/policy.ts'
import { waitFor } from '../helpers/wait-for.ts'

const LOOK_EVERY_MS = 20
let folder = ''
let path = ''
let file: PolicyFile | null = null

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcpw-policy-'))
  path = join(folder, 'config', 'policy.jsonc')
  mkdirSync(join(folder, 'config'))
})
afterEach(() => {
  file?.stop()
  vi.useRealTimers()
  file = null
  rmSync(folder, { recursive: true, force: true })
})

const withDefault = (word: string): string =>
  `{"version": 1, "defaults": {"expectation": "${word}"}}`

interface Told {
  readonly policy: Policy
  readonly diagnostics: readonly PolicyDiagnostic[]
}

function watching(): { told: Told[]; errors: object[]; file: PolicyFile } {
  const told: Told[] = []
  const errors: object[] = []
  const quiet = (): void => undefined
  const made = createPolicyFile({
    path,
    clock: { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
    log: { debug: quiet, info: quiet, warn: quiet, error: (fields) => void errors.push(fields) },
    lookEveryMs: LOOK_EVERY_MS,
  })
  made.watch((policy, diagnostics) => void told.push({ policy, diagnostics }))
  file = made
  return { told, errors, file: made }
}

const until = (what: string, holds: () => boolean): Promise<unknown> =>
  waitFor(() => (holds() ? true : null), { what: () => what, deadlineMs: 20_000 })

describe('the policy in force', () => {
  it('follows the file: absent, written, replaced, removed', async () => {
    const { told, file } = watching()
    expect(file.current().defaultExpectation).toBe('open')
    writeFileSync(path, withDefault('lan'))
    await until('it is read', () => file.current().defaultExpectation === 'lan')
    writeFileSync(`${path}.new`, withDefault('none'))
    renameSync(`${path}.new`, path)
    await until('its replacement is read', () => file.current().defaultExpectation === 'none')
    rmSync(path)
    await until('its end is seen', () => file.current().defaultExpectation === 'open')
    expect(told.map(({ policy }) => policy.defaultExpectation)).toEqual(['lan', 'none', 'open'])
  })

  it('stays what was good when the file goes bad, says so once, and recovers', async () => {
    writeFileSync(path, withDefault('none'))
    const { told, errors, file } = watching()
    writeFileSync(path, withDefault('lokal'))
    await until('it is told', () => told.length === 1)
    expect(file.current().defaultExpectation).toBe('none')
    expect(file.state().inForce).toBe('before')
    expect(told[0]?.diagnostics[0]).toMatchObject({ severity: 'error', line: 1, column: 44 })
    expect(errors).toHaveLength(1)
    expect(JSON.stringify(errors)).not.toContain('lokal')
    writeFileSync(path, withDefault('local-only'))
    await until('it is well again', () => file.current().defaultExpectation === 'local-only')
    expect(file.state()).toMatchObject({ diagnostics: [], inForce: 'written' })
    expect(told).toHaveLength(2)
  })

  it('goes by what is built in while a file was never good, and does not call that what was before', async () => {
    writeFileSync(path, withDefault('lokal'))
    const { told, file } = watching()
    expect(file.state()).toMatchObject({
      inForce: 'built-in',
      // It may say that records are to be kept for longer than what is built in.
      policy: { ...DEFAULT_POLICY, retention: RETENTION_UNKNOWN },
    })
    writeFileSync(path, `\n${withDefault('lokal')}`)
    await until('it is read again', () => told.length === 1)
    expect(file.state().inForce).toBe('built-in')
  })

  it('does not change when one look finds the file empty or gone', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    writeFileSync(path, withDefault('none'))
    const { told, file } = watching()
    for (const spoil of [() => writeFileSync(path, ''), () => rmSync(path)]) {
      spoil()
      vi.advanceTimersByTime(LOOK_EVERY_MS)
      writeFileSync(path, withDefault('none'))
      vi.advanceTimersByTime(LOOK_EVERY_MS)
    }
    expect(told).toEqual([])
    rmSync(path)
    vi.advanceTimersByTime(2 * LOOK_EVERY_MS)
    expect(told).toHaveLength(1)
    expect(file.current().defaultExpectation).toBe('open')
  })

  it.each([
    ['a folder', () => mkdirSync(path)],
    ['a FIFO, which would hang whoever opens it', () => execFileSync('mkfifo', [path])],
    ['too large', () => writeFileSync(path, ' '.repeat(1024 * 1024 + 1))],
    ['no text', () => writeFileSync(path, Buffer.from([0x7b, 0xff, 0x7d]))],
  ])('is the default when the file is %s', (_what, make) => {
    make()
    const { file } = watching()
    expect(file.current().defaultExpectation).toBe('open')
    expect(file.state().diagnostics).toMatchObject([{ severity: 'error', line: null }])
  })

  it('warns of a file that anybody may write', () => {
    writeFileSync(path, withDefault('none'))
    chmodSync(path, 0o666)
    expect(watching().file.state().diagnostics).toMatchObject([{ severity: 'warning' }])
  })
})

const add = (name: string) => (text: string) =>
  appendItem(text, ['servers'], { match: { name }, expect: 'none' })
const edit = (name: string, beforeReplace?: () => void) =>
  editPolicyFile({
    path,
    edit: add(name),
    wallMs: () => Date.now(),
    ...(beforeReplace === undefined ? {} : { beforeReplace }),
  })

describe('an edit', () => {
  it('makes the folder and the file, for their owner alone', async () => {
    rmSync(join(folder, 'config'), { recursive: true })
    expect(await edit('a')).toEqual({ changed: true, created: true })
    expect(readFileSync(path, 'utf8')).toMatch(/^\/\/ .*\n[\s\S]*"name": "a"/)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'config')).mode & 0o777).toBe(0o700)
    expect(readdirSync(join(folder, 'config'))).toEqual(['policy.jsonc'])
  })

  it('keeps the mode and the byte order mark, and follows a link to what it leads to', async () => {
    const dotfile = join(folder, 'dotfile')
    writeFileSync(dotfile, '\ufeff{"version": 1, "servers": []}')
    chmodSync(dotfile, 0o644)
    symlinkSync(dotfile, path)
    await edit('a')
    expect(lstatSync(path).isSymbolicLink()).toBe(true)
    expect(readFileSync(dotfile, 'utf8')).toMatch(/^\ufeff\{"version": 1, [\s\S]*"name": "a"/)
    expect(statSync(dotfile).mode & 0o777).toBe(0o644)
    expect(readdirSync(folder).sort()).toEqual(['config', 'dotfile'])
  })

  it('refuses a link to nothing', async () => {
    symlinkSync(join(folder, 'nothing'), path)
    await expect(edit('a')).rejects.toMatchObject({ code: 'POLICY_FILE' })
    expect(existsSync(join(folder, 'nothing'))).toBe(false)
  })

  it.each([
    ['changed', '{"version": 1, "servers": [] }'],
    ['made', null],
  ])('is refused when the file was %s since it was read', async (_what, before) => {
    if (before !== null) writeFileSync(path, before)
    const other = '{"version": 1, "servers": []}'
    await expect(edit('a', () => writeFileSync(path, other))).rejects.toMatchObject({
      code: 'POLICY_CHANGED',
      exitCode: 2,
    })
    expect(readFileSync(path, 'utf8')).toBe(other)
    expect(readdirSync(join(folder, 'config'))).toEqual(['policy.jsonc'])
  })

  it('is refused of a faulty file, naming the place', async () => {
    writeFileSync(path, '{\n  "version": 3\n}')
    await expect(edit('a')).rejects.toMatchObject({
      code: 'POLICY_INVALID',
      message: expect.stringContaining('policy.jsonc:2:14: written for a newer mcp-watch'),
    })
    expect(readFileSync(path, 'utf8')).toBe('{\n  "version": 3\n}')
  })

  it('waits for another one, so that none is lost', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `server-${index}`)
    await Promise.all(names.map((name) => edit(name)))
    const text = readFileSync(path, 'utf8')
    expect(names.filter((name) => text.includes(`"${name}"`))).toEqual(names)
  })

  it('is not held up for ever by one that died', async () => {
    const left = join(folder, 'config', '.policy.jsonc.new')
    writeFileSync(left, 'half')
    utimesSync(left, 1, 1)
    await edit('a')
    expect(readdirSync(join(folder, 'config'))).toEqual(['policy.jsonc'])
  })
})
