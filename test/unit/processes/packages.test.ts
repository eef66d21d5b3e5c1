import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPackages } from '../../../daemon/processes/packages.ts'
import { resolveScript, type ScriptQuestion } from '../../../daemon/processes/script.ts'

let home: string
let mono: number

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mcpw-packages-'))
  mono = 0
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const packages = (): ReturnType<typeof createPackages> =>
  createPackages({ monotonicMs: () => mono })

function write(path: string, content: unknown = ''): string {
  const file = join(home, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

describe('packageOf', () => {
  it('finds the nearest package.json that has a name', () => {
    const script = write('node_modules/@scope/tool/dist/esm/index.js')
    write('node_modules/@scope/tool/dist/esm/package.json', { type: 'module' })
    write('node_modules/@scope/tool/package.json', { name: '@scope/tool', version: '1.2.3-rc.1' })
    write('package.json', { name: 'somebody-else' })
    expect(packages().packageOf(script)).toEqual({
      ecosystem: 'npm',
      name: '@scope/tool',
      version: '1.2.3-rc.1',
    })
  })

  it('gives a package without a name no name of the project around it', () => {
    const script = write('node_modules/nameless/index.js')
    write('node_modules/nameless/package.json', { version: '1.0.0' })
    write('package.json', { name: 'project' })
    expect(packages().packageOf(script)).toBeNull()
  })

  it.each([
    ['a name npm would refuse', { name: '../x' }, null],
    ['a name of control characters', { name: 'a\u001b[2J' }, null],
    ['a name too long', { name: 'x'.repeat(215) }, null],
    ['an odd version', { name: 'tool', version: '1.0 \u001b' }, { name: 'tool', version: null }],
    ['a version that is a number', { name: 'tool', version: 1 }, { name: 'tool', version: null }],
  ])('refuses %s', (_, manifest, expected) => {
    const script = write('pkg/index.js')
    write('pkg/package.json', manifest)
    const answer = packages().packageOf(script)
    if (expected === null) expect(answer).toBeNull()
    else expect(answer).toMatchObject(expected)
  })

  it('goes past what cannot be parsed, is too big, is a folder or a FIFO', () => {
    const script = write('a/b/c/d/index.js')
    write('a/b/c/d/package.json', '{"name": "broken')
    write('a/b/c/package.json', { name: 'big', filler: 'x'.repeat(1024 * 1024) })
    mkdirSync(join(home, 'a/b/package.json'))
    execFileSync('mkfifo', [join(home, 'a/package.json')])
    write('package.json', '\uFEFF{"name": "top"}')
    expect(packages().packageOf(script)).toMatchObject({ name: 'top', version: null })
  })

  it('notices a new version once its answer is 10 s old', () => {
    const script = write('pkg/index.js')
    const manifest = write('pkg/package.json', { name: 'tool', version: '1.0.0' })
    const source = packages()
    expect(source.packageOf(script)?.version).toBe('1.0.0')
    write('pkg/package.json', { name: 'tool', version: '2.0.0' })
    utimesSync(manifest, 1, 1)
    mono = 9_999
    expect(source.packageOf(script)?.version).toBe('1.0.0')
    mono = 10_000
    expect(source.packageOf(script)?.version).toBe('2.0.0')
  })

  it('names a Python command after the distribution of its name, as PEP 503 compares names', () => {
    const script = write('env/bin/mcp-server-git')
    write('env/lib/python3.12/site-packages/mcp_server_git_extra-9.dist-info/METADATA')
    write('env/lib/python3.12/site-packages/MCP_Server.Git-2025.1.14.dist-info/METADATA')
    expect(packages().packageOf(script)).toEqual({
      ecosystem: 'pypi',
      name: 'mcp-server-git',
      version: '2025.1.14',
    })
    expect(packages().packageOf(write('env/bin/other'))).toBeNull()
  })

  it('names a Python command of another name after the only distribution that declares it', () => {
    const site = 'env/lib/python3.12/site-packages'
    write(`${site}/mcp_notes-1.2.0.dist-info/entry_points.txt`, '[console_scripts]\nnotes = n:main\n')
    write(`${site}/other-3.0.dist-info/entry_points.txt`, '[other]\nnotes = o:main\n')
    execFileSync('mkfifo', [join(home, site, 'fifo')])
    mkdirSync(join(home, site, 'broken-1.dist-info/entry_points.txt'), { recursive: true })
    const script = write('env/bin/notes')
    const expected = { ecosystem: 'pypi', name: 'mcp-notes', version: '1.2.0' }
    expect(packages().packageOf(script)).toEqual(expected)
    write(`${site}/third-1.dist-info/entry_points.txt`, '[gui_scripts]\n notes=t:main\n')
    expect(packages().packageOf(script)).toBeNull()
  }) // biome-ignore format: texts of files
})

describe('resolveScript', () => {
  const ask = (question: Partial<ScriptQuestion>): ReturnType<typeof resolveScript> =>
    resolveScript(
      { argv: [], form: 'given', executable: '/usr/bin/node', cwd: home, ...question },
      packages(),
    )

  it('follows the link of an installed command to its package', () => {
    const real = write('node_modules/tool/cli.js')
    write('node_modules/tool/package.json', { name: 'tool', version: '1.0.0' })
    mkdirSync(join(home, 'node_modules/.bin'))
    symlinkSync('../tool/cli.js', join(home, 'node_modules/.bin/tool'))
    expect(ask({ argv: ['node', 'node_modules/.bin/tool', '/dir'] })).toEqual({
      path: join(home, 'node_modules/.bin/tool'),
      realPath: real,
      package: { ecosystem: 'npm', name: 'tool', version: '1.0.0' },
    })
  })

  it('goes by the image and not by the name that argv gives itself', () => {
    write('x.js')
    expect(ask({ argv: ['node', 'x.js'], executable: '/usr/bin/perl' })).toBeNull()
    expect(ask({ argv: ['perl', 'x.js'], executable: '/opt/bun' })).toMatchObject({
      realPath: join(home, 'x.js'),
    })
  })

  it('leaves a Python script below a package.json out of that npm package', () => {
    write('package.json', { name: 'monorepo' })
    const script = write('server.py')
    expect(ask({ argv: ['python3', script], executable: '/usr/bin/python3.12' })).toEqual({
      path: script,
      realPath: script,
      package: null,
    })
  })

  it('finds index.js where node was given index, and nothing where the file is gone', () => {
    write('dist/index.js')
    expect(ask({ argv: ['node', 'dist/index'] })).toMatchObject({
      realPath: join(home, 'dist/index.js'),
    })
    expect(ask({ argv: ['node', 'dist/none.js'] })).toBeNull()
    expect(ask({ argv: ['node', 'dist/index'], cwd: null })).toBeNull()
  })

  it('reads no script out of a title', () => {
    const script = write('x.js')
    expect(ask({ argv: [`node ${script}`], form: 'rewritten' })).toBeNull()
  })

  it('finds a path with spaces in a joined command line', () => {
    const script = write('My Servers/the server.js')
    expect(
      ask({
        argv: [`/usr/bin/node --no-warnings ${script} /some dir`],
        form: 'joined',
        cwd: null,
      }),
    ).toMatchObject({ realPath: script })
  })
})
