import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { resolveScript } from '../../../daemon/processes/script.ts'
import { readZippedScript } from '../../../daemon/processes/zipped-script.ts'

const CACHE = '/tmp/xfs-ee00ff2e/dlx-32/.yarn/cache'

describe('a script in an archive of packages', () => {
  it.each([
    ['@acme-mcp-notes-npm-1.4.2-25ae9ad136-d409d2cc99.zip', '@acme/mcp-notes', '1.4.2'],
    ['notes-npm-2.0.0-rc.1-25ae9ad136-d409d2cc99.zip', 'notes', '2.0.0-rc.1'],
    ['notes-patch-25ae9ad136-d409d2cc99.zip', 'notes', null],
    // the archive of one package, a folder of another
    ['notes-npm-1.4.2-25ae9ad136-d409d2cc99.zip', 'other', null],
  ])('%s', (archive, name, version) => {
    expect(readZippedScript(`${CACHE}/${archive}/node_modules/${name}/dist/index.js`)).toEqual({
      archive: `${CACHE}/${archive}`,
      package: { ecosystem: 'npm', name, version },
    })
  })

  it.each([
    '/home/ada/notes.zip',
    '/home/ada/notes.zip/server.js',
    '/home/ada/node_modules/notes/index.js',
    `${CACHE}/notes-npm-1.4.2-25ae9ad136.zip/node_modules/notes`,
  ])('is not %s', (path) => {
    expect(readZippedScript(path)).toBeNull()
  })

  it('is read from any path without failing, and names no package that npm would refuse', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('.zip', '/node_modules/', '@', '/', '-npm-', 'notes', '-1.0-abcdef'),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const name = readZippedScript(pieces.join(''))?.package?.name
        expect(name ?? 'notes').toMatch(/^(@[a-z0-9~_-][\w.~-]*\/)?[\w~-][\w.~-]*$/)
      }),
    )
  })
})

describe('which script runs', () => {
  const nothing = { packageOf: () => null }
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zipped-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const scriptOf = (executable: string, ...argv: string[]) =>
    resolveScript({ argv, form: 'given', executable, cwd: '/' }, nothing)

  it('is told of one in an archive, where the archive is there', () => {
    const archive = join(folder, 'notes-npm-1.4.2-25ae9ad136-d409d2cc99.zip')
    const path = `${archive}/node_modules/notes/index.js`
    expect(scriptOf('/usr/bin/node', 'node', path)).toBeNull()
    writeFileSync(archive, '')
    const package_ = { ecosystem: 'npm', name: 'notes', version: '1.4.2' }
    expect(scriptOf('/usr/bin/node', 'node', path)).toEqual({
      path,
      realPath: path,
      package: package_,
    })
    expect(scriptOf('/usr/bin/python3', 'python3', path)).toBeNull()
  })

  it('is told of one that deno names by its address, and of one that npm’s bun.exe runs', () => {
    mkdirSync(join(folder, 'a b'))
    const path = join(folder, 'a b', 'server.mjs')
    writeFileSync(path, '')
    const url = pathToFileURL(path).href
    expect(scriptOf('/opt/deno', 'deno', 'run', '-A', url)?.path).toBe(path)
    expect(scriptOf('/opt/deno', 'deno', 'run', '-A', 'file:///%zz')).toBeNull()
    expect(scriptOf('/opt/bun/bin/bun.exe', 'bun', 'run', path)?.path).toBe(path)
  })
})
