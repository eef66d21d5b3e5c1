import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { locateDaemon, writeDaemonFile } from '../../daemon/host/daemon-file.ts'
import { openLog } from '../../daemon/host/log.ts'
import { createOwnFiles } from '../../daemon/host/own-files.ts'
import { takeStateLock } from '../../daemon/store/lock.ts'
import type { DaemonFile } from '../../shared/contract/answers.ts'

let folder: string
const closers: (() => void)[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcpw-'))
})
afterEach(() => {
  for (const close of closers.splice(0)) close()
  rmSync(folder, { recursive: true, force: true })
})

/** A daemon's files; `at` looks at that time. */
function daemonIn(state: string) {
  const now = { ms: 0 }
  const clock = { wallMs: () => now.ms, monotonicMs: () => now.ms }
  const socket = join(state, 'api.sock')
  const startedAt = '2026-01-02T03:04:05.000Z'
  const file: DaemonFile = { pid: process.pid, startedAt, version: '1.2.3', socket, port: null }
  const lock = takeStateLock(state)
  if (lock === null) throw new Error('the lock is held')
  const logFile = openLog(state)
  closers.push(
    () => logFile.close(),
    () => lock.release(),
  )
  writeFileSync(socket, '')
  writeDaemonFile(state, file)
  const heard: string[] = []
  const files = createOwnFiles({
    folder: state,
    clock,
    file,
    logFile,
    isOurs: lock.keep,
    listen: () => void heard.push('listen'),
    asOwner: (work) => work(),
  })
  const at = (ms: number): void => {
    now.ms = ms
    files.look()
  }
  return { at, file, heard, socket, logFile }
}

it('daemon.json alone is put back within two seconds, and the log stays as it is', () => {
  const { at, file, heard, logFile } = daemonIn(folder)
  logFile.log.info({}, 'before')
  rmSync(join(folder, 'daemon.json'))
  at(1_999)
  expect(locateDaemon(folder)).toBeNull()
  at(2_000)
  expect(locateDaemon(folder)).toEqual(file)
  expect(heard).toEqual([])
  writeFileSync(join(folder, 'daemon.json'), '{')
  at(4_000)
  expect(locateDaemon(folder)).toEqual(file)
})

it('so are the lock, the log and the socket', () => {
  const { at, heard, socket } = daemonIn(folder)
  for (const each of ['lock.db', 'log']) rmSync(join(folder, each))
  rmSync(socket)
  at(2_000)
  expect(takeStateLock(folder)).toBeNull()
  expect(existsSync(join(folder, 'log'))).toBe(true)
  expect(heard).toEqual(['listen'])
})

it('nothing is, where another daemon has taken the folder meanwhile', () => {
  const { at } = daemonIn(folder)
  for (const each of ['lock.db', 'daemon.json']) rmSync(join(folder, each))
  const other = takeStateLock(folder)
  closers.push(() => other?.release())
  at(2_000)
  expect(existsSync(join(folder, 'daemon.json'))).toBe(false)
})

it('a folder that is gone is no fault of the tick', () => {
  const { at, file } = daemonIn(folder)
  rmSync(folder, { recursive: true })
  at(2_000)
  expect(locateDaemon(folder)).not.toEqual(file)
})
