import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { fileExists } from '../../../daemon/host/file-exists.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'mcp-watch-exists-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

it('is told of files, folders and links that lead nowhere', () => {
  const root = folder()
  writeFileSync(join(root, 'file'), '')
  symlinkSync(join(root, 'nowhere'), join(root, 'link'))
  symlinkSync(join(root, 'loop'), join(root, 'loop'))
  const found = ['file', 'link', 'loop', '.', 'none', 'none/below', 'file/below', 'loop/below'].map(
    (name) => fileExists(join(root, name)),
  )
  // What is below a loop cannot be looked at.
  expect(found).toEqual([true, true, true, true, false, false, false, true])
})

it.skipIf(process.getuid?.() === 0)(
  'is taken for granted in a folder that is closed (not as root)',
  () => {
    const closed = join(folder(), 'closed')
    mkdirSync(closed)
    chmodSync(closed, 0)
    expect(fileExists(join(closed, 'file'))).toBe(true)
    chmodSync(closed, 0o700)
  },
)
