/** What launchers of Python, wrappers and shims make of a configured command. */
import { describe, expect, it } from 'vitest'
import type { Process } from '../../../shared/model/process.ts'
import type { PackageRef, ScriptRef, Server } from '../../../shared/model/server.ts'
import { DESKTOP, proc, run, type Summary, script, server, summaries, titled } from './world.ts'

function found(one: Server, tree: readonly Process[]): Summary | undefined {
  const instances = summaries([one], run([one], [DESKTOP, ...tree]))
  expect(instances.length).toBeLessThanOrEqual(1)
  return instances[0]
}

function pypi(path: string, name: string): ScriptRef {
  const found: PackageRef = { ecosystem: 'pypi', name, version: '1.0.0' }
  return { path, realPath: path, package: found }
}

const TWO = { 110: 'launcher', 111: 'server' }

describe('uv', () => {
  const bin = '/home/u/.cache/uv/archive-v0/h/bin'

  it('runs a program of another name, from an address', () => {
    const one = server('one', ['uvx', '--from', 'git+https://h/o/r', 'notes', '--x'])
    const tree = [
      proc(110, 100, ['/usr/bin/uv', 'tool', 'uvx', '--from', 'git+https://h/o/r', 'notes', '--x']),
      proc(111, 110, [`${bin}/python`, `${bin}/notes`, '--x'], {
        executable: '/usr/bin/python3.11',
        script: pypi(`${bin}/notes`, 'notes-mcp'),
      }),
    ]
    expect(found(one, tree)).toMatchObject({ quality: 'exact', roles: TWO })
    expect(run([one], [DESKTOP, ...tree]).instances[0]?.package?.name).toBe('notes-mcp')
  })

  it('spells a package as its metadata does or otherwise', () => {
    const one = server('one', ['uvx', 'Awslabs.Cost_Server@latest'])
    const path = `${bin}/awslabs.cost-server`
    const child = proc(111, 1, [`${bin}/python`, path], {
      executable: '/usr/bin/python3.11',
      script: pypi(path, 'awslabs.cost-server'),
    })
    expect(found(one, [child])).toMatchObject({ quality: 'no-client', roles: { 111: 'server' } })
  })

  it('runs a program of the project that the command line names, and not of another', () => {
    const one = server('one', ['uv', '--directory', '/w/a', 'run', 'notes'])
    const tree = (folder: string): Process[] => [
      proc(110, 100, ['uv', '--directory', folder, 'run', 'notes']),
      proc(111, 110, [`${folder}/.venv/bin/python3`, `${folder}/.venv/bin/notes`], {
        executable: '/usr/bin/python3.11',
        cwd: folder,
        script: script(`${folder}/.venv/bin/notes`),
      }),
    ]
    expect(found(one, tree('/w/a'))).toMatchObject({ root: 110, quality: 'exact', roles: TWO })
    expect(found(one, tree('/w/b'))?.root).not.toBe(110)
  })

  it('in another folder runs another script of the same name', () => {
    const one = server('one', ['uv', '--directory', '/w/a', 'run', 'server.py'])
    const tree = [
      proc(110, 100, ['uv', 'run', 'server.py'], { cwd: '/w/b' }),
      proc(111, 110, ['/w/b/.venv/bin/python3', 'server.py'], {
        cwd: '/w/b',
        script: script('/w/b/server.py'),
      }),
    ]
    expect(found(one, tree)).toBeUndefined()
  })
})

describe('runners of environments', () => {
  it('conda starts the command from a shell script of its own', () => {
    const one = server('one', ['conda', 'run', '-n', 'e', 'python', '/w/s.py'])
    const tree = [
      proc(110, 100, ['/c/bin/python', '/c/bin/conda', 'run', '-n', 'e', 'python', '/w/s.py'], {
        executable: '/c/bin/python3.12',
        script: script('/c/bin/conda'),
      }),
      proc(111, 110, ['/bin/bash', '/tmp/tmpa1b2']),
      proc(112, 111, ['python', '/w/s.py'], { script: script('/w/s.py') }),
    ]
    expect(found(one, tree)).toMatchObject({
      root: 110,
      quality: 'exact',
      roles: { 110: 'launcher', 111: 'launcher', 112: 'server' },
    })
  })

  it('hatch runs the command in a shell', () => {
    const one = server('one', ['hatch', 'run', 'dev:notes', '--x'])
    const tree = [
      proc(110, 100, ['/p/bin/python', '/p/bin/hatch', 'run', 'dev:notes', '--x'], {
        executable: '/usr/bin/python3.11',
        script: script('/p/bin/hatch'),
      }),
      proc(111, 110, ['/bin/sh', '-c', 'notes --x']),
      proc(112, 111, ['/e/bin/python', '/e/bin/notes', '--x'], {
        executable: '/usr/bin/python3.11',
        script: script('/e/bin/notes'),
      }),
    ]
    expect(found(one, tree)).toMatchObject({
      root: 110,
      roles: { 110: 'launcher', 111: 'launcher', 112: 'server' },
    })
  })

  it('pipx and poetry execute the program in their own place', () => {
    const path = '/home/u/.local/pipx/.cache/h/bin/notes'
    const one = server('one', ['pipx', 'run', '--spec', 'notes-mcp==1.0.0', 'notes'])
    const after = proc(110, 100, [`${path.slice(0, -6)}/python`, path], {
      executable: '/usr/bin/python3.11',
      epoch: 1,
      script: pypi(path, 'notes-mcp'),
    })
    const before = proc(110, 100, ['/usr/bin/python3', '/usr/bin/pipx', ...'run --spec notes-mcp==1.0.0 notes'.split(' ')], {
      executable: '/usr/bin/python3.11',
    })
    const first = run([one], [DESKTOP, before])
    expect(summaries([one], first)).toMatchObject([{ roles: { 110: 'launcher' } }])
    expect(summaries([one], run([one], [DESKTOP, after], first.state))).toMatchObject([
      { quality: 'exact', roles: { 110: 'server' } },
    ])
    expect(found(one, [after])).toMatchObject({ quality: 'exact', roles: { 110: 'server' } })
  }) // biome-ignore format: a long command line

  it('poetry has Python run a line of its own for a script of the project', () => {
    const one = server('one', ['poetry', '-C', '/w', 'run', 'notes', "it's"])
    const text = (argv: string): string =>
      `import sys; from importlib import import_module; sys.argv = [${argv}]; sys.exit(import_module('n.cli').main())`
    const python = (program: string): Process =>
      proc(110, 100, ['/w/.venv/bin/python', '-c', program], { executable: '/usr/bin/python3.11' })
    expect(found(one, [python(text(`'notes', "it's"`))])).toMatchObject({
      quality: 'exact',
      roles: { 110: 'server' },
    })
    for (const other of [text(`'others', "it's"`), text("'notes', x()"), 'print(1)'])
      expect(found(one, [python(other)])).toBeUndefined()
  })

  it('a debugger runs the script in its own process', () => {
    const one = server('one', ['python3', '/w/s.py', '--x'], { script: script('/w/s.py') })
    const line = ['python3', '/e/debugpy', '--connect', '127.0.0.1:1', '/w/s.py', '--x']
    const root = proc(110, 100, line, { script: script('/e/debugpy') })
    expect(found(one, [root])).toMatchObject({ roles: { 110: 'server' } })
  })
})

describe('shims and wrappers', () => {
  it('a volta shim called node has the real one below', () => {
    const one = server('one', ['node', '/w/s.js'], { script: script('/w/s.js') })
    const tree = [
      proc(110, 100, ['node', '/w/s.js'], { executable: '/home/u/.volta/bin/volta-shim' }),
      proc(111, 110, ['/home/u/.volta/tools/image/node/20/bin/node', '/w/s.js'], {
        script: script('/w/s.js'),
      }),
    ]
    expect(found(one, tree)).toMatchObject({ root: 110, quality: 'exact' })
  })

  it('a version manager that executes node is forgotten', () => {
    const one = server('one', ['mise', 'exec', 'node@20', '--', 'node', '/w/s.js'], {
      script: script('/w/s.js'),
    })
    const root = proc(110, 100, ['/m/node/20/bin/node', '/w/s.js'], { script: script('/w/s.js') })
    expect(found(one, [root])).toMatchObject({ quality: 'exact', roles: { 110: 'server' } })
  })

  it('Nix keeps the program beside its wrapper', () => {
    const at = '/nix/store/abc-notes/bin'
    for (const command of ['notes', `${at}/notes`]) {
      const one = server('one', [command, '--x'])
      const compiled = proc(110, 100, [`${at}/notes`, '--x'], { executable: `${at}/.notes-wrapped` })
      expect(found(one, [compiled])).toMatchObject({ quality: 'exact', roles: { 110: 'server' } })
      const python = proc(110, 100, ['/nix/store/p/bin/python3.12', `${at}/.notes-wrapped`, '--x'], {
        executable: '/nix/store/p/bin/python3.12',
        script: script(`${at}/.notes-wrapped`),
      })
      expect(found(one, [python])).toMatchObject({ quality: 'exact', roles: { 110: 'server' } })
    }
  }) // biome-ignore format: long paths

  it('a shell script that waits for its server is a launcher', () => {
    const one = server('one', ['/w/start.sh', '--x'], { script: script('/w/start.sh') })
    const root = proc(110, 100, ['/bin/sh', '/w/start.sh', '--x'])
    const node = proc(111, 110, ['node', '/w/s.js'], { script: script('/w/s.js') })
    const git = proc(112, 110, ['git', 'pull'], { stdout: 'file' })
    expect(found(one, [root, node, git])).toMatchObject({
      roles: { 110: 'launcher', 111: 'server', 112: 'child' },
    })
    expect(found(one, [root, git])).toMatchObject({ roles: { 110: 'server', 112: 'child' } })
  })

  it('what a retitled server hides is not guessed', () => {
    const one = server('one', ['op', 'run', '--', 'node', '/w/s.js'], { script: script('/w/s.js') })
    const tree = [
      proc(110, 100, ['op', 'run', '--', 'node', '/w/s.js']),
      titled(111, 110, 'worker', 30),
    ]
    expect(found(one, tree)).toMatchObject({ quality: 'launcher', roles: TWO })
  })
})
