import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { takeStateLock } from '../../../daemon/store/lock.ts'

vi.mock('better-sqlite3', () => {
  function Database(): never {
    throw Object.assign(new Error('wrong ELF class'), { code: 'ERR_DLOPEN_FAILED' })
  }
  Database.SqliteError = class extends Error {}
  return { default: Database }
})

it('the lock does not blame the folder for a database module that cannot be loaded', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mcpw-lock-'))
  try {
    expect(() => takeStateLock(folder)).toThrow(expect.objectContaining({ code: 'NATIVE_MODULE' }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
