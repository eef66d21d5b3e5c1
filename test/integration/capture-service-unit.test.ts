/** The capture service's unit as systemd sees it, and the files that it would run as the file system has them. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { renderCaptureUnit } from '../../cli/service/exact.ts'
import { readTemplate } from '../../cli/service/template.ts'
import { distrustOf } from '../../cli/service/trusted-files.ts'

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0
const isRoot = process.getuid?.() === 0

describe.skipIf(!hasAnalyze)('the unit (needs systemd-analyze)', () => {
  const record = {
    version: '1.2.3',
    node: process.execPath,
    modules: '115',
    program: '/opt/main.js',
  }
  const unit = renderCaptureUnit(readTemplate('systemd/mcp-watch-capture.service'), record)
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcpw-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const analyze = (text: string, ...words: string[]) => {
    const path = join(folder, 'mcp-watch-capture.service')
    writeFileSync(path, text)
    return spawnSync('systemd-analyze', [...words, path], {
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      encoding: 'utf8',
    })
  }

  it('has nothing that systemd complains of', () => {
    expect(analyze(unit, '--system', 'verify').stderr).toBe('')
    const wrong = unit.replace('LockPersonality=', 'LockPersonalty=')
    expect(analyze(wrong, '--system', 'verify').stderr).toContain('LockPersonalty')
  })

  // In tenths, as --threshold wants it.
  it('is exposed by 1.0 at most, its three capabilities included', () => {
    const security = (text: string) =>
      analyze(text, 'security', '--offline=true', '--no-pager', '--threshold=10').status
    expect(security(unit)).toBe(0)
    expect(security(unit.replace(/^CapabilityBoundingSet=.*\n/m, ''))).not.toBe(0)
  })
})

describe.skipIf(!isRoot)('what would be run (needs root)', () => {
  let folder: string
  let program: string
  const node = '/usr/bin/env'
  beforeEach(() => {
    // Not below /tmp, which everybody can write.
    folder = mkdtempSync('/var/lib/mcpw-')
    chmodSync(folder, 0o755)
    program = join(folder, 'app/dist/cli/main.js')
    mkdirSync(dirname(program), { recursive: true, mode: 0o755 })
    mkdirSync(join(folder, 'app/node_modules/.bin'), { recursive: true, mode: 0o755 })
    for (const name of [program, join(folder, 'app/node_modules/koffi.js')]) {
      writeFileSync(name, '', { mode: 0o644 })
    }
    symlinkSync('../koffi.js', join(folder, 'app/node_modules/.bin/koffi'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('is trusted where only root can write any of it', () => {
    expect(distrustOf({ node, program })).toBeNull()
  })

  it.each<[string, 'writable' | 'unreadable', (path: (name: string) => string) => string]>([
    ['a package of another user', 'writable', (path) => owned(path('app/node_modules/koffi.js'))],
    [
      'a file that all can write',
      'writable',
      (path) => opened(path('app/dist/cli/main.js'), 0o646),
    ],
    [
      'one for a group',
      'writable',
      (path) => {
        const file = path('app/dist/cli/main.js')
        chownSync(file, 0, 1234)
        return opened(file, 0o664)
      },
    ],
    ['a folder above', 'writable', (path) => opened(path(''), 0o777)],
    ['a folder that is root’s alone', 'unreadable', (path) => opened(path('app'), 0o700)],
    [
      'a file that is root’s alone',
      'unreadable',
      (path) => opened(path('app/dist/cli/main.js'), 0o600),
    ],
  ])('is not with %s', (_what, kind, spoil) => {
    const path = spoil((name) => join(folder, name).replace(/\/$/, ''))
    expect(distrustOf({ node, program })).toEqual({ kind, path })
  })

  it('is not through a link that leads to another user’s, nor with another user’s Node', () => {
    const theirs = join(folder, 'theirs')
    writeFileSync(theirs, '', { mode: 0o755 })
    owned(theirs)
    expect(distrustOf({ node: theirs, program })).toEqual({ kind: 'writable', path: theirs })
    symlinkSync(theirs, join(folder, 'app/node_modules/link.js'))
    expect(distrustOf({ node, program })).toEqual({ kind: 'writable', path: theirs })
  })

  it('counts the packages beside it where it was installed among others', () => {
    const global = join(folder, 'node_modules')
    mkdirSync(join(global, 'koffi'), { recursive: true, mode: 0o755 })
    mkdirSync(join(global, 'mcp-watch/dist/cli'), { recursive: true, mode: 0o755 })
    const main = join(global, 'mcp-watch/dist/cli/main.js')
    writeFileSync(main, '', { mode: 0o644 })
    expect(distrustOf({ node, program: main })).toBeNull()
    owned(join(global, 'koffi'))
    expect(distrustOf({ node, program: main })).toEqual({
      kind: 'writable',
      path: join(global, 'koffi'),
    })
  })

  it('is not where it is missing, or in a folder that the unit hides', () => {
    const gone = join(folder, 'gone.js')
    expect(distrustOf({ node, program: gone })).toEqual({ kind: 'missing', path: gone })
    const hidden = mkdtempSync(join(userInfo().homedir, 'mcpw-'))
    writeFileSync(join(hidden, 'node'), '')
    try {
      expect(distrustOf({ node: join(hidden, 'node'), program })).toEqual({
        kind: 'unreadable',
        path: hidden,
      })
    } finally {
      rmSync(hidden, { recursive: true })
    }
  })
})

function owned(path: string): string {
  chownSync(path, 1234, 1234)
  return path
}

function opened(path: string, mode: number): string {
  chmodSync(path, mode)
  return path
}
