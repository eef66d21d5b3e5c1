/** Real shapes of process trees: what clients and launchers make of a configured command. */
import { describe, expect, it } from 'vitest'
import { DESKTOP, npm, npxTree, proc, run, script, server, summaries, titled } from './world.ts'

const FS = '@modelcontextprotocol/server-filesystem'
const BIN = 'mcp-server-filesystem'

describe('trees of one server', () => {
  it('npx: launcher, its shell, the server, a child of the server', () => {
    const files = server('files', ['npx', '-y', FS, '/dir'])
    const tree = npxTree(110, 100, ['/dir'])
    const git = proc(120, 112, ['git', 'status'])
    const output = run([files], [DESKTOP, ...tree, git])
    expect(summaries([files], output)).toEqual([
      {
        names: ['files'],
        root: 110,
        client: 'claude-desktop',
        quality: 'exact',
        roles: { 110: 'launcher', 111: 'launcher', 112: 'server', 120: 'child' },
      },
    ])
    const [instance] = output.instances
    expect(instance?.reasons).toEqual(['package', 'all-arguments', 'client-ancestor'])
    expect(instance?.package).toEqual(npm(FS))
    expect(instance?.ancestors.map(({ pid }) => pid)).toEqual([100])
    expect(instance?.judged).toBe(true)
    expect(output.clients.map(({ process }) => process.pid)).toEqual([100])
  })

  it('npm exec before it has renamed itself, npm’s flags in front', () => {
    const files = server('files', ['npm', 'exec', '-y', '--', `${FS}@1.2.3`, '/dir'])
    const line = ['node', '/usr/bin/npm', 'exec', '-y', '--', `${FS}@1.2.3`, '/dir']
    const launcher = proc(110, 100, line, {
      script: script('/usr/bin/npm', '/usr/lib/npm-cli.js', 'npm'),
    })
    expect(summaries([files], run([files], [DESKTOP, launcher]))).toMatchObject([
      { names: ['files'], quality: 'launcher', roles: { 110: 'launcher' } },
    ])
  })

  it('npx -p PACKAGE BIN: the title names the program', () => {
    const files = server('files', ['npx', '-p', FS, 'fs-tool', '/dir'])
    const root = titled(110, 100, 'npm exec fs-tool /dir', 90)
    const shell = proc(111, 110, ['sh', '-c', "'fs-tool' /dir"])
    const path = '/home/u/.npm/_npx/b/node_modules/.bin/fs-tool'
    const bin = proc(112, 111, ['node', path, '/dir'], { script: script(path, '/x/i.js', FS) })
    expect(summaries([files], run([files], [DESKTOP, root, shell, bin]))).toMatchObject([
      { root: 110, roles: { 110: 'launcher', 111: 'launcher', 112: 'server' } },
    ])
  })

  it('bunx, also with --bun where argv[0] says node', () => {
    const files = server('files', ['bunx', '-y', FS, '/dir'])
    const root = proc(110, 100, ['bunx', '-y', FS, '/dir'], { executable: '/opt/bun/bin/bun' })
    const path = `/home/u/.bun/install/cache/.bunx-0/${FS}@latest/node_modules/.bin/${BIN}`
    const child = proc(111, 110, ['node', path, '/dir'], {
      executable: '/opt/bun/bin/bun',
      script: script(path, '/x/index.js', FS),
    })
    expect(summaries([files], run([files], [DESKTOP, root, child]))).toMatchObject([
      { root: 110, quality: 'exact', roles: { 110: 'launcher', 111: 'server' } },
    ])
  })

  it('pnpm dlx: no shell, a path through .bin', () => {
    const files = server('files', ['pnpm', 'dlx', FS, '/dir'])
    const root = proc(110, 100, ['node', '/usr/bin/pnpm', 'dlx', FS, '/dir'], {
      script: script('/usr/bin/pnpm', '/usr/lib/pnpm/bin/pnpm.cjs', 'pnpm'),
    })
    const path = `/c/dlx/h/node_modules/.bin/../${FS}/dist/index.js`
    const child = proc(111, 110, ['node', path, '/dir'], {
      script: script(path, '/r/index.js', FS),
    })
    expect(summaries([files], run([files], [DESKTOP, root, child]))).toMatchObject([
      { root: 110, roles: { 110: 'launcher', 111: 'server' } },
    ])
  })

  it('an installed program, found through PATH', () => {
    const files = server('files', [BIN, '/dir'])
    const path = `/usr/local/bin/${BIN}`
    const root = proc(110, 100, ['node', path, '/dir'], { script: script(path, '/x/i.js', FS) })
    const output = run([files], [DESKTOP, root])
    expect(summaries([files], output)).toMatchObject([{ root: 110, roles: { 110: 'server' } }])
    expect(output.instances[0]?.package?.name).toBe(FS)
  })

  it('Claude Desktop’s disclaimer before uv run before python', () => {
    const mine = server('mine', ['uv', 'run', '--directory', '/w', 'server.py', 'stdio'])
    const uv = ['/opt/homebrew/bin/uv', 'run', '--directory', '/w', 'server.py', 'stdio']
    const helper = '/Applications/Claude.app/Contents/Helpers/disclaimer'
    const tree = [
      proc(110, 100, [helper, ...uv]),
      proc(111, 110, uv),
      proc(112, 111, ['/w/.venv/bin/python3', 'server.py', 'stdio'], {
        cwd: '/w',
        script: script('/w/server.py'),
      }),
      proc(113, 111, ['/w/.venv/bin/python3', '-c', 'build()']),
    ]
    expect(summaries([mine], run([mine], [DESKTOP, ...tree]))).toMatchObject([
      {
        root: 110,
        quality: 'exact',
        roles: { 110: 'launcher', 111: 'launcher', 112: 'server', 113: 'install' },
      },
    ])
  })

  it('uvx, which executes uv', () => {
    const fetch = server('fetch', ['uvx', '--from', 'mcp-fetch[x]==1', 'mcp-server-fetch', '--n'])
    const line = [
      '/usr/bin/uv',
      'tool',
      'uvx',
      '--from',
      'mcp-fetch[x]==1',
      'mcp-server-fetch',
      '--n',
    ]
    const bin = '/home/u/.cache/uv/archive-v0/h/bin/mcp-server-fetch'
    const child = proc(111, 110, ['/home/u/.cache/uv/archive-v0/h/bin/python', bin, '--n'], {
      executable: '/usr/bin/python3.11',
      script: { path: bin, realPath: bin, package: null },
    })
    expect(summaries([fetch], run([fetch], [DESKTOP, proc(110, 100, line), child]))).toMatchObject([
      { root: 110, quality: 'exact', roles: { 110: 'launcher', 111: 'server' } },
    ])
  })

  it('a shell that stays, its child by position', () => {
    const mine = server('mine', ['node', '/w/s.js'], { script: script('/w/s.js') })
    const shell = proc(110, 100, ['zsh', '-c', 'cd /w && exec node /w/s.js'])
    const child = titled(111, 110, 'npm exec nothing', 40)
    expect(summaries([mine], run([mine], [DESKTOP, shell, child]))).toMatchObject([
      { root: 110, roles: { 110: 'launcher', 111: 'server' } },
    ])
  })

  it('docker run: the command line tool is the launcher', () => {
    const fetch = server('fetch', [
      'docker',
      'run',
      '-i',
      '--rm',
      '-e',
      'KEY',
      'mcp/fetch:1',
      '--x',
    ])
    const line = ['docker', 'run', '-i', '--rm', '-e', 'KEY', 'mcp/fetch:1', '--x']
    const output = run([fetch], [DESKTOP, proc(110, 100, line)])
    expect(summaries([fetch], output)).toMatchObject([
      { root: 110, quality: 'launcher', roles: { 110: 'launcher' } },
    ])
    expect(output.instances[0]?.package).toEqual({
      ecosystem: 'image',
      name: 'mcp/fetch',
      version: '1',
    })
  })

  it('python -m and a compiled program', () => {
    const module = server('module', ['python', '-m', 'mcp_server_time', '--tz', 'UTC'])
    const binary = server('binary', ['/opt/gh/github-mcp-server', 'stdio'])
    const output = run(
      [module, binary],
      [
        DESKTOP,
        proc(110, 100, ['python', '-m', 'mcp_server_time', '--tz', 'UTC']),
        proc(120, 100, ['/opt/gh/github-mcp-server', 'stdio']),
      ],
    )
    expect(summaries([module, binary], output)).toMatchObject([
      { names: ['module'], quality: 'exact', roles: { 110: 'server' } },
      { names: ['binary'], quality: 'exact', roles: { 120: 'server' } },
    ])
    expect(output.instances.map((instance) => instance.binary)).toEqual([null, 'github-mcp-server'])
  })

  it('joined command lines of macOS, with spaces in paths', () => {
    const path = '/Users/u/My Servers/s.js'
    const mine = server('mine', ['node', path, '--root', '/Users/u/My Docs'])
    const root = proc(110, 100, [`node ${path} --root /Users/u/My Docs`], {
      argvForm: 'joined',
      executable: '/opt/homebrew/bin/node',
      argvBytes: null,
      stdin: 'unknown',
      stdout: 'unknown',
    })
    const output = run([mine], [DESKTOP, root])
    expect(summaries([mine], output)).toMatchObject([{ root: 110, quality: 'exact' }])
    expect(output.instances[0]?.judged).toBe(true)
  })

  it('placeholders and hidden arguments', () => {
    const mine = server('mine', ['npx'], {
      args: [
        { kind: 'literal', value: 'my-mcp' },
        { kind: 'glob', parts: ['--root=', '/data'] },
        { kind: 'digest', digest: 'h(6:s3cr3t)' },
      ],
    })
    const line = ['node', '/usr/bin/npx', 'my-mcp', '--root=/home/u/data', 's3cr3t']
    expect(summaries([mine], run([mine], [DESKTOP, proc(110, 100, line)]))).toMatchObject([
      { quality: 'launcher' },
    ])
    const other = [...line.slice(0, 4), 'other!']
    expect(run([mine], [DESKTOP, proc(110, 100, other)]).instances).toEqual([])
  })
})
