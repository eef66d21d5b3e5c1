/** What launchers of JavaScript make of a configured command: which process is the launcher, which the server. */
import { describe, expect, it } from 'vitest'
import type { Process } from '../../../shared/model/process.ts'
import type { Server } from '../../../shared/model/server.ts'
import {
  area,
  DESKTOP,
  npm,
  proc,
  run,
  type Summary,
  script,
  server,
  summaries,
  titled,
} from './world.ts'

const CACHE = '/home/u/.npm/_npx/a3/node_modules'

function found(one: Server, tree: readonly Process[]): Summary | undefined {
  const instances = summaries([one], run([one], [DESKTOP, ...tree]))
  expect(instances.length).toBeLessThanOrEqual(1)
  return instances[0]
}

/** npm's title, its shell and the program `bin` of `name`; pids 110, 111, 112. */
function npmTree(title: string, bin: string, args: readonly string[], name: string): Process[] {
  const path = `${CACHE}/.bin/${bin}`
  const real = `${CACHE}/${name}/dist/index.js`
  return [
    titled(110, 100, title, area(['node', '/usr/bin/npx', ...title.split(' ')]) + 40),
    proc(111, 110, ['sh', '-c', [`'${bin}'`, ...args].join(' ')]),
    proc(112, 111, ['node', path, ...args], { script: script(path, real, name) }),
  ]
}

const NPX_ROLES = { 110: 'launcher', 111: 'launcher', 112: 'server' }

describe('npx', () => {
  it('with several packages: the program may be of any', () => {
    const one = server('one', ['npx', '-p', 'left', '-p', '@s/right', 'tool', '/d'])
    const tree = npmTree('npm exec tool /d', 'tool', ['/d'], '@s/right')
    expect(found(one, tree)).toMatchObject({ quality: 'exact', roles: NPX_ROLES })
    expect(run([one], [DESKTOP, ...tree]).instances[0]?.package).toEqual(npm('@s/right'))
  })

  it('with an address instead of a name: the installed package tells its own', () => {
    const one = server('one', ['npx', '-y', 'github:owner/notes', '/d'])
    const tree = npmTree('npm exec github:owner/notes /d', 'notes', ['/d'], '@owner/notes-mcp')
    expect(found(one, tree)).toMatchObject({ quality: 'exact', roles: NPX_ROLES })
    expect(run([one], [DESKTOP, ...tree]).instances[0]?.package).toEqual(npm('@owner/notes-mcp'))
  })

  it('with the name of a program that the project has installed', () => {
    const one = server('one', ['npx', 'notes', '/d'])
    const tree = npmTree('npm exec notes /d', 'notes', ['/d'], '@owner/notes-mcp')
    expect(found(one, tree)).toMatchObject({ quality: 'exact', roles: NPX_ROLES })
  })

  it('with an alias, and a program that has another name than its package', () => {
    const alias = server('one', ['npx', '-p', 'x@npm:@s/real@1.0.0', 'tool'])
    expect(found(alias, npmTree('npm exec tool', 'tool', [], '@s/real'))).toMatchObject({
      roles: NPX_ROLES,
    })
    const smithery = server('one', ['npx', '-y', '@smithery/cli@latest', 'run', '@o/x'])
    const args = ['run', '@o/x']
    expect(
      found(smithery, npmTree('npm exec @smithery/cli@latest run @o/x', 'smithery', args, '@smithery/cli')),
    ).toMatchObject({ quality: 'exact', roles: NPX_ROLES })
  }) // biome-ignore format: long names

  it('that is given a text says nothing in its title: the size of its arguments tells', () => {
    const line = ['-y', '-p', '@s/notes', '-c', 'notes /d']
    const one = server('one', ['npx', ...line])
    const [, shell, bin] = npmTree('npm exec', 'notes', ['/d'], '@s/notes')
    const bytes = area(['node', '/usr/bin/npx', ...line])
    if (shell === undefined || bin === undefined) throw new Error('npm has a shell and a program')
    const tree = [titled(110, 100, 'npm exec', bytes), shell, bin]
    expect(found(one, tree)).toMatchObject({ root: 110, quality: 'exact', roles: NPX_ROLES })
    expect(found(one, [titled(110, 100, 'npm exec', bytes + 7)])).toBeUndefined()
  })

  it('of a pinned version is not one of another version', () => {
    const one = server('one', ['npx', '-y', 'notes@2.0.0'])
    expect(found(one, npmTree('npm exec notes@1.0.0', 'notes', [], 'notes'))).toBeUndefined()
    const any = server('one', ['npx', '-y', 'notes@latest'])
    expect(found(any, npmTree('npm exec notes@latest', 'notes', [], 'notes'))).toBeDefined()
  })

  it('below a volta shim of its name', () => {
    const one = server('one', ['npx', '-y', 'notes', '/d'])
    const shim = proc(109, 100, ['npx', '-y', 'notes', '/d'], {
      executable: '/home/u/.volta/bin/volta-shim',
    })
    const tree = npmTree('npm exec notes /d', 'notes', ['/d'], 'notes')
    const below = tree.map((process) => (process.pid === 110 ? { ...process, ppid: 109 } : process))
    expect(found(one, [shim, ...below])).toMatchObject({
      root: 109,
      quality: 'exact',
      roles: { 109: 'launcher', ...NPX_ROLES },
    })
  })

  it('below the shell script that a client brings along', () => {
    const one = server('one', ['npx', 'notes', '/d'])
    const shim = proc(109, 100, ['bash', '/opt/client/bin/npx', 'notes', '/d'])
    const tree = npmTree('npm exec notes /d', 'notes', ['/d'], 'notes')
    const below = tree.map((process) => (process.pid === 110 ? { ...process, ppid: 109 } : process))
    expect(found(one, [shim, ...below])).toMatchObject({
      root: 109,
      quality: 'exact',
      roles: { 109: 'launcher', ...NPX_ROLES },
    })
  })

  it('tsx: the file that it runs is the server', () => {
    const one = server('one', ['npx', 'tsx', '/w/src/server.ts', '--x'], {
      script: script('/w/src/server.ts'),
    })
    const [root, shell, tsx] = npmTree('npm exec tsx /w/src/server.ts --x', 'tsx', ['/w/src/server.ts', '--x'], 'tsx')
    const loader = ['--require', '/w/preflight.cjs', '--import', 'file:///w/loader.mjs']
    const node = proc(113, 112, ['/usr/bin/node', ...loader, '/w/src/server.ts', '--x'], {
      script: script('/w/src/server.ts'),
    })
    const compiler = proc(114, 112, ['/w/node_modules/esbuild', '--service=0.2', '--ping'])
    const tree = [root, shell, tsx, node, compiler].filter((each) => each !== undefined)
    expect(found(one, tree)).toMatchObject({
      root: 110,
      quality: 'exact',
      roles: { 110: 'launcher', 111: 'launcher', 112: 'launcher', 113: 'server', 114: 'install' },
    })
  }) // biome-ignore format: long command lines
})

describe('other package managers', () => {
  it('yarn dlx runs a file of its own cache', () => {
    const one = server('one', ['yarn', 'dlx', '-p', '@s/notes', 'notes', '/d'])
    const path = '/tmp/xfs-1/dlx-2/node_modules/@s/notes/dist/index.js'
    const tree = [
      proc(110, 100, ['node', '/usr/bin/yarn', 'dlx', '-p', '@s/notes', 'notes', '/d']),
      proc(111, 110, ['node', path, '/d'], { script: script(path, path, '@s/notes') }),
    ]
    expect(found(one, tree)).toMatchObject({
      quality: 'exact',
      roles: { 110: 'launcher', 111: 'server' },
    })
  })

  it('a package in an archive is told by its path', () => {
    const one = server('one', ['yarn', 'dlx', '@s/notes', '/d'])
    const path = '/h/.yarn/berry/cache/notes-1.zip/node_modules/@s/notes/dist/index.js'
    const tree = [
      proc(110, 100, ['node', '/usr/bin/yarn', 'dlx', '@s/notes', '/d']),
      proc(111, 110, ['node', '-r', '/tmp/.pnp.cjs', path, '/d']),
    ]
    expect(found(one, tree)).toMatchObject({ roles: { 110: 'launcher', 111: 'server' } })
  })

  it('pnpm exec leads to the package’s own script', () => {
    const one = server('one', ['pnpm', 'exec', 'notes', 'mcp'])
    const path = '/w/node_modules/.bin/../notes/dist/index.js'
    const tree = [
      proc(110, 100, ['node', '/usr/bin/pnpm', 'exec', 'notes', 'mcp']),
      proc(111, 110, ['node', path, 'mcp'], {
        script: script('/w/node_modules/notes/dist/index.js', '/w/r/index.js', 'notes'),
      }),
    ]
    expect(found(one, tree)).toMatchObject({
      quality: 'exact',
      roles: { 110: 'launcher', 111: 'server' },
    })
  })

  it('deno runs the package itself', () => {
    const one = server('one', ['deno', 'run', '-A', 'npm:@s/notes', '/d'])
    const root = proc(110, 100, ['deno', 'run', '-A', 'npm:@s/notes', '/d'])
    expect(found(one, [root])).toMatchObject({ quality: 'exact', roles: { 110: 'server' } })
  })
})

describe('tasks', () => {
  const one = server('one', ['npm', 'run', 'mcp'], { cwd: '/w' })
  const title = (cwd: string): Process =>
    titled(110, 100, 'npm run mcp', area(['node', '/usr/bin/npm', 'run', 'mcp']), { cwd })

  it('start whatever the project says: that is the server', () => {
    for (const text of ['node dist/x.js', 'tsc && node dist/x.js']) {
      const tree = [
        title('/w'),
        proc(111, 110, ['sh', '-c', text], { cwd: '/w' }),
        proc(112, 111, ['node', 'dist/x.js'], { cwd: '/w', script: script('/w/dist/x.js') }),
      ]
      expect(found(one, tree)).toMatchObject({ root: 110, roles: NPX_ROLES })
    }
  })

  it('of the same name in another project are others', () => {
    expect(found(one, [title('/x')])).toBeUndefined()
    expect(found(server('one', ['npm', 'run', 'mcp']), [title('/x')])).toBeUndefined()
  })

  it('of a folder that npm leaves out of its title are told by the size of the arguments', () => {
    const [near, far] = ['/w', '/w/much/longer'].map((folder) =>
      server(folder, ['npm', '--prefix', folder, 'run', 'mcp']),
    )
    if (near === undefined || far === undefined) throw new Error('two entries')
    const bytes = area(['node', '/usr/bin/npm', '--prefix', '/w', 'run', 'mcp'])
    const root = titled(110, 100, 'npm run mcp', bytes)
    expect(summaries([near, far], run([near, far], [DESKTOP, root]))).toMatchObject([
      { names: ['/w'] },
    ])
  })
})

describe('a watcher', () => {
  it('of node starts the server anew below itself', () => {
    const one = server('one', ['node', '--watch', '/w/s.js'], { script: script('/w/s.js') })
    const tree = [
      proc(110, 100, ['node', '--watch', '/w/s.js'], { script: script('/w/s.js') }),
      proc(111, 110, ['/usr/bin/node', '/w/s.js'], { script: script('/w/s.js') }),
    ]
    expect(found(one, tree)).toMatchObject({ roles: { 110: 'launcher', 111: 'server' } })
  })
})
