/** MCP servers that a client runs and no configuration declares. */
import { describe, expect, it } from 'vitest'
import { unconfiguredServers } from '../../../daemon/match/match.ts'
import type { Process } from '../../../shared/model/process.ts'
import { UNCONFIGURED } from '../../../shared/model/server.ts'
import { DESKTOP, npm, npxTree, proc, run, script, server, titled } from './world.ts'

const [client, ROOT] = ['claude-desktop', 110]
const shown = (tree: readonly Process[], servers = [] as ReturnType<typeof server>[]) =>
  run(servers, [DESKTOP, ...tree]).instances.map(({ unconfigured, reasons }) => [
    unconfigured?.name ?? 'configured',
    reasons[0],
  ])

describe('a server in no configuration', () => {
  const tree = npxTree(ROOT, 100, ['/dir'])

  it('is found by what a client runs, with its roles, and listed as a server of its own', () => {
    const { instances } = run([], [DESKTOP, ...tree])
    expect(instances).toMatchObject([
      {
        quality: 'unconfigured',
        reasons: ['known-package'],
        orphaned: false,
        judged: true,
        unconfigured: { client, name: '@modelcontextprotocol/server-filesystem' },
        package: { name: '@modelcontextprotocol/server-filesystem' },
        members: [{ role: 'launcher' }, { role: 'launcher' }, { role: 'server' }],
      },
    ])
    expect(unconfiguredServers(instances)).toMatchObject([
      { id: instances[0]?.serverIds[0], client, scope: UNCONFIGURED, source: '', launch: null },
    ])
  })

  it('is none while a file of its client could not be read, which may declare it', () => {
    const told = (unread: string): number =>
      run([], [DESKTOP, ...tree], undefined, { unread: new Set([unread]) }).instances.length
    expect([told(client), told('cursor')]).toEqual([0, 1])
  })

  it.each<[string, Process, string, string]>([
    ['a package runner', proc(ROOT, 100, ['bunx', 'notes-mcp']), 'notes-mcp', 'protocol-name'],
    ['an image', proc(ROOT, 100, ['docker', 'run', '-i', 'mcp/time']), 'mcp/time', 'known-package'],
    [
      'a binary',
      proc(ROOT, 100, ['/opt/x/github-mcp-server', 'stdio']),
      'github-mcp-server',
      'known-package',
    ],
    [
      'a module',
      proc(ROOT, 100, ['python3', '-m', 'mcp_server_notes']),
      'mcp_server_notes',
      'protocol-name',
    ],
    [
      'a script of a package',
      proc(ROOT, 100, ['node', '/x/i.js'], { script: script('/x/i.js', '/x/i.js', '@me/mcp') }),
      '@me/mcp',
      'protocol-name',
    ],
  ])('is told by %s', (_, process, name, reason) => {
    expect(shown([process])).toEqual([[name, reason]])
  })

  it.each<[string, Process]>([
    ['a tool for servers', proc(ROOT, 100, ['npx', '-y', '@modelcontextprotocol/inspector'])],
    ['an inspector', proc(ROOT, 100, ['npx', '-y', 'mcp-inspector'])],
    ['a look into the registry', proc(ROOT, 100, ['npm', 'view', 'mcp-server-notes'])],
    ['a check of its text', proc(ROOT, 100, ['node', '--check', '/x/mcp-server.js'])],
    ['a question for its version', proc(ROOT, 100, ['bunx', 'notes-mcp', '--version'])],
    ['grep', proc(ROOT, 100, ['grep', '-rn', 'mcp-server-notes', '.'])],
    ['an editor', proc(ROOT, 100, ['vim', '/x/mcp-server.js'])],
    ['a language server', proc(ROOT, 100, ['typescript-language-server', '--stdio'])],
    [
      'a script of another package',
      proc(ROOT, 100, ['node', '/x/mcp-a.js'], {
        script: script('/x/mcp-a.js', '/x/mcp-a.js', 'eslint'),
      }),
    ],
    ['one on a terminal', proc(ROOT, 100, ['bunx', 'notes-mcp'], { stdin: 'terminal' })],
    ['one whose output goes to a file', proc(ROOT, 100, ['bunx', 'notes-mcp'], { stdout: 'file' })],
    ['one that no client started', proc(ROOT, 1, ['bunx', 'notes-mcp'])],
    ['a title that nothing bears out', titled(ROOT, 100, 'npm exec mcp-server-notes', 400)],
    ['a program that calls itself so', titled(ROOT, 100, 'mcp-server-notes', 400)],
  ])('is not %s', (_, process) => {
    expect(shown([process])).toEqual([])
  })

  it('is nobody’s where processes of others are not looked at', () => {
    const others = proc(ROOT, 100, ['bunx', 'notes-mcp'], { uid: 1001 })
    expect(run([], [DESKTOP, others], undefined, { ownUid: 1000 }).instances).toEqual([])
  })

  it('is none below a shell of the client, nor below a server', () => {
    const shell = proc(109, 100, ['bash', '-c', 'x && bunx notes-mcp | head'])
    expect(shown([shell, proc(ROOT, 109, ['bunx', 'notes-mcp'])])).toEqual([])
    const outer = server('outer', ['/opt/outer'])
    const inner = [proc(105, 100, ['/opt/outer']), proc(ROOT, 105, ['bunx', 'notes-mcp'])]
    expect(shown(inner, [outer])).toEqual([['configured', 'binary']])
  })

  it('is not told from an entry of that package with other arguments, nor from one that may have become it', () => {
    const [first] = tree
    const declared = server('fs', [
      'npx',
      '-y',
      '@modelcontextprotocol/server-filesystem',
      '/other',
    ])
    expect(shown(tree, [declared]).filter(([name]) => name !== 'configured')).toEqual([])
    expect(first.pid).toBe(ROOT)
    const opaque = server('mine', ['/home/u/bin/start-it'])
    const run_ = proc(ROOT, 100, ['bunx', 'notes-mcp'])
    expect(shown([run_], [opaque])).toEqual([])
    const running = [run_, proc(120, 100, ['/home/u/bin/start-it'])]
    expect(shown(running, [opaque])).toContainEqual(['notes-mcp', 'protocol-name'])
    expect(shown([run_], [{ ...opaque, disabled: true }])).toHaveLength(1)
    const open = server('open', ['node'], { args: [{ kind: 'glob', parts: ['/srv/', '.js'] }] })
    expect(shown([run_], [open])).toEqual([])
    expect(shown([run_], [{ ...open, client: 'cursor' }])).toHaveLength(1)
  })

  it.each(['index.js', 'build/index.js', 'cli.js'])(
    'is not hidden by an entry whose script is another file of that name: %s',
    (file) => {
      const [mine, theirs] = [`/home/u/mine/${file}`, `/x/node_modules/mcp-server-foo/${file}`]
      const running = proc(ROOT, 100, ['node', theirs, '/b'], {
        script: script(theirs, theirs, 'mcp-server-foo'),
      })
      const entry = (found: ReturnType<typeof script> | null) =>
        server('mine', ['node', mine, '/a'], { script: found })
      const isListed = (found: ReturnType<typeof script> | null): boolean =>
        shown([running], [entry(found)]).some(([name]) => name === 'mcp-server-foo')
      expect(isListed(script(mine))).toBe(true)
      expect(isListed(script(mine, mine, 'mine'))).toBe(true)
      // not found on disk; a link to the same file; another version of the same package
      expect(isListed(null)).toBe(false)
      expect(isListed(script(mine, theirs))).toBe(false)
      expect(isListed(script(mine, mine, 'mcp-server-foo'))).toBe(false)
    },
  )

  it('becomes the entry’s as soon as there is one that it shows', () => {
    const process = proc(ROOT, 100, ['/opt/x/notes-mcp', '--a'])
    const before = run([], [DESKTOP, process])
    expect(before.instances[0]?.unconfigured?.name).toBe('notes-mcp')
    const entry = server('notes', ['/opt/x/notes-mcp', '--a'])
    const [now] = run([entry], [DESKTOP, process], before.state).instances
    expect(now).toMatchObject({
      id: before.instances[0]?.id,
      serverIds: [entry.id],
      quality: 'exact',
    })
    expect(now).not.toHaveProperty('unconfigured')
  })

  it('keeps its name when it retitles itself, and while its tree outlives its client', () => {
    const first = proc(ROOT, 100, ['/opt/x/notes-mcp', '--a'])
    const before = run([], [DESKTOP, first])
    const again = run([], [DESKTOP, first], before.state)
    expect(again.state).toBe(before.state)
    const titledNow = { ...first, argv: ['busy'], argvForm: 'rewritten' as const, ppid: 1 }
    const [orphan] = run([], [titledNow], before.state).instances
    expect(orphan).toMatchObject({ orphaned: true, unconfigured: { name: 'notes-mcp' } })
  })

  it('says what the launcher was told to run while nothing else tells', () => {
    const [only] = run(
      [],
      [DESKTOP, proc(ROOT, 100, ['docker', 'run', '-i', 'mcp/time'])],
    ).instances
    expect(only?.package).toEqual({ ...npm('mcp/time', null), ecosystem: 'image' })
  })
})
