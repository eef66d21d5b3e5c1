/** Which entry a process is taken for, and what is never taken for one. */
import { describe, expect, it } from 'vitest'
import type { Process } from '../../../shared/model/process.ts'
import { CURSOR, DESKTOP, npxTree, proc, run, script, server, summaries, titled } from './world.ts'

const FS = '@modelcontextprotocol/server-filesystem'

describe('entries with the same command', () => {
  const one = server('one', ['npx', '-y', FS, '/one'])
  const two = server('two', ['npx', '-y', FS, '/two'])

  it('are told apart by their arguments', () => {
    const trees = [...npxTree(110, 100, ['/two']), ...npxTree(120, 100, ['/one'])]
    expect(summaries([one, two], run([one, two], [DESKTOP, ...trees]))).toMatchObject([
      { names: ['two'], root: 110 },
      { names: ['one'], root: 120 },
    ])
  })

  it('are no match where the arguments are others', () => {
    expect(run([one, two], [DESKTOP, ...npxTree(110, 100, ['/three'])]).instances).toEqual([])
  })

  it('are told apart by the client above', () => {
    const theirs = server('theirs', ['npx', '-y', FS, '/one'], { client: 'cursor' })
    const trees = [...npxTree(110, 100, ['/one']), ...npxTree(210, 200, ['/one'])]
    const output = run([one, theirs], [DESKTOP, CURSOR, ...trees])
    expect(summaries([one, theirs], output)).toMatchObject([
      { names: ['one'], client: 'claude-desktop' },
      { names: ['theirs'], client: 'cursor' },
    ])
  })

  it('of another client only may still be it', () => {
    const output = run([one], [CURSOR, ...npxTree(210, 200, ['/one'])])
    expect(output.instances[0]?.reasons).toContain('other-client-ancestor')
  })

  it('are one of several when nothing tells them apart', () => {
    const same = server('same', ['npx', '-y', FS, '/one'])
    const output = run([one, same], [DESKTOP, ...npxTree(110, 100, ['/one'])])
    expect(summaries([one, same], output)).toMatchObject([
      { names: ['one', 'same'], quality: 'one-of' },
    ])
    const ids = output.instances[0]?.serverIds ?? []
    expect([...ids]).toEqual([one.id, same.id].sort())
    expect(output.instances[0]?.reasons).toContain('same-signature')
  })

  it('are told apart by whether a launcher was started', () => {
    const path = `/w/node_modules/${FS}/dist/index.js`
    const direct = server('direct', ['node', path, '/one'], { script: script(path, path, FS) })
    const own = proc(120, 100, ['node', path, '/one'], { script: script(path, path, FS) })
    const output = run([one, direct], [DESKTOP, ...npxTree(110, 100, ['/one']), own])
    expect(summaries([one, direct], output)).toMatchObject([
      { names: ['one'], root: 110 },
      { names: ['direct'], root: 120 },
    ])
  })

  it('are told apart behind the helper that the client puts in front', () => {
    const direct = server('direct', ['node', '/w/s.js'], { script: script('/w/s.js') })
    const shell = server('shell', ['sh', '-c', 'node /w/s.js'], { script: script('/w/s.js') })
    const tree = [
      proc(110, 100, ['/A/Helpers/disclaimer', 'node', '/w/s.js']),
      proc(111, 110, ['node', '/w/s.js'], { script: script('/w/s.js') }),
    ]
    expect(summaries([direct, shell], run([direct, shell], [DESKTOP, ...tree]))).toMatchObject([
      { names: ['direct'], roles: { 110: 'launcher', 111: 'server' } },
    ])
  })

  it('prefer the project that the client works in', () => {
    const here = server('here', ['npx', '-y', FS, '/one'], { scope: 'project:/work/a' })
    const there = server('there', ['npx', '-y', FS, '/one'], { scope: 'project:/work/b' })
    const client = { ...DESKTOP, cwd: '/work/b/src' }
    const output = run([here, there], [client, ...npxTree(110, 100, ['/one'])])
    expect(summaries([here, there], output)).toMatchObject([{ names: ['there'] }])
    expect(output.instances[0]?.reasons).toContain('project-directory')
  })
})

describe('what only looks like a server', () => {
  const servers = [
    server('files', ['npx', '-y', FS, '/dir']),
    server('mine', ['node', '/w/server.js'], { script: script('/w/server.js') }),
    server('bare', ['server-tool']),
    server('relative', ['node', 'index.js']),
  ]
  const lookAlikes: Readonly<Record<string, Process>> = {
    'an editor that has the file open': proc(110, 100, ['vim', '/w/server.js']),
    grep: proc(110, 100, ['grep', '-r', `npx -y ${FS} /dir`, '/w']),
    'tail in a shell': proc(110, 100, ['sh', '-c', 'tail -f /w/server.js']),
    'a pipeline in a shell': proc(110, 100, ['sh', '-c', `echo npx ${FS} /dir | cat`]),
    'npm view': titled(110, 100, `npm view ${FS} /dir`, 200),
    'npm install': proc(110, 100, ['node', '/usr/bin/npm', 'install', FS, '/dir']),
    'another script with the package as argument': proc(110, 100, ['node', '/w/o.js', FS, '/dir'], {
      script: script('/w/o.js'),
    }),
    'another script of the same name': proc(110, 100, ['node', '/x/server.js'], {
      script: script('/x/server.js'),
    }),
    'a link of the same name to another script': proc(110, 100, ['node', 'server.js'], {
      cwd: '/x',
      script: script('/x/server.js', '/x/evil.js'),
    }),
    'another package': proc(110, 100, ['node', '/usr/bin/npx', `${FS}-evil`, '/dir']),
    'a bare command, with arguments of its own': proc(110, 100, [
      '/usr/bin/server-tool',
      'more',
      'arguments',
    ]),
    'a browser': proc(110, 100, ['/opt/chrome/chrome', '--app=http://localhost/server.js']),
    'what node runs and calls itself a shell': proc(110, 100, ['sh', '-c', 'node /w/server.js'], {
      executable: '/usr/bin/node',
    }),
    'what calls itself node and is not': proc(110, 100, ['node', '/w/server.js'], {
      executable: '/tmp/tool',
      script: null,
    }),
    'a relative script far from any client': proc(110, 1, ['node', 'index.js'], {
      script: script('/home/u/other/index.js'),
    }),
    'no arguments at all': proc(110, 100, []),
  }
  for (const [name, process] of Object.entries(lookAlikes))
    it(name, () => {
      expect(summaries(servers, run(servers, [DESKTOP, process]))).toEqual([])
    })

  it('an entry that is nothing but placeholders', () => {
    const vague = server('vague', ['x'], { args: [{ kind: 'literal', value: 'serve' }] })
    const launch = { command: { kind: 'glob', parts: ['', ''] }, args: vague.launch?.args ?? [] }
    const anything = { ...vague, launch: { ...launch, cwd: null, script: null } } as typeof vague
    expect(run([anything], [DESKTOP, proc(110, 100, ['/opt/app', 'serve'])]).instances).toEqual([])
  })

  it('a developer’s own run is listed and not judged', () => {
    const [root, ...rest] = npxTree(110, 50, ['/dir'])
    const shell = proc(50, 1, ['bash'], { stdin: 'terminal' })
    for (const stdin of ['terminal', 'file', 'null'] as const) {
      const output = run(servers, [shell, { ...root, stdin }, ...rest])
      expect(output.instances).toMatchObject([{ quality: 'no-client', judged: false }])
      expect(output.instances[0]?.reasons).toContain('terminal-or-file-on-stdin')
    }
    const piped = run(servers, [shell, root, ...rest])
    expect(piped.instances).toMatchObject([{ quality: 'no-client', judged: true, client: null }])
    const inEditor = run(servers, [
      DESKTOP,
      { ...shell, ppid: 100, pid: 105 },
      { ...root, ppid: 105, stdin: 'terminal' },
      ...rest,
    ])
    expect(inEditor.instances).toMatchObject([{ judged: false }])
  })

  it('a server that puts something else in place of its pipe is still judged', () => {
    const init = proc(1, 0, ['/usr/lib/systemd/systemd'])
    const start = (ppid: number, stdin: 'null' | 'file' | 'terminal') => {
      const root = proc(110, ppid, ['node', '/w/server.js'], {
        script: script('/w/server.js'),
        stdin,
        stdout: stdin,
      })
      return run(servers, [init, DESKTOP, root]).instances
    }
    for (const stdin of ['null', 'file', 'terminal'] as const)
      expect(start(100, stdin)).toMatchObject([{ judged: true }])
    // also where it has made itself a daemon before anybody looked
    for (const stdin of ['null', 'file'] as const)
      expect(start(1, stdin)).toMatchObject([{ quality: 'no-client', judged: true }])
  })
})

describe('two paths to one script', () => {
  it('are told apart by which of them runs', () => {
    const [link, real] = ['/w/node_modules/.bin/tool', '/w/node_modules/tool/index.js']
    const linked = server('linked', [link], { script: script(link, real) })
    const direct = server('direct', ['node', real], { script: script(real) })
    const copies = [link, real].map((path, i) =>
      proc(110 + i, 100, ['node', path], { script: script(path, real) }),
    )
    expect(summaries([linked, direct], run([linked, direct], [DESKTOP, ...copies]))).toMatchObject([
      { names: ['linked'], root: 110 },
      { names: ['direct'], root: 111 },
    ])
  })
})

describe('whose tree it is', () => {
  const mine = server('mine', ['node', '/w/mine.js'], { script: script('/w/mine.js') })
  const other = server('other', ['node', '/w/other.js'], { script: script('/w/other.js') })
  const nested = server('nested', ['node', '/w/n.js'], {
    client: 'claude-code',
    script: script('/w/n.js'),
  })
  const root = proc(110, 100, ['node', '/w/mine.js'], { script: script('/w/mine.js') })
  const lookAlike = proc(111, 110, ['node', '/w/other.js'], { script: script('/w/other.js') })

  it('a look-alike below a server is that server’s child', () => {
    expect(summaries([mine, other], run([mine, other], [DESKTOP, root, lookAlike]))).toMatchObject([
      { names: ['mine'], roles: { 110: 'server', 111: 'child' } },
    ])
  })

  it('also when the root itself executes it', () => {
    const before = run([mine, other], [DESKTOP, root])
    const now = proc(110, 100, lookAlike.argv, { epoch: 1, script: lookAlike.script })
    let { state } = before
    for (let tick = 0; tick < 3; tick += 1) {
      const after = run([mine, other], [DESKTOP, now], state)
      expect(summaries([mine, other], after)).toMatchObject([
        { names: ['mine'], roles: { 110: 'server' } },
      ])
      state = after.state
    }
  })

  it('also when a program named like a client starts it, which is not configured with it', () => {
    const client = proc(112, 110, ['claude'], { executable: '/tmp/x/claude' })
    const below = proc(113, 112, lookAlike.argv, { script: lookAlike.script })
    expect(
      summaries([mine, other], run([mine, other], [DESKTOP, root, client, below])),
    ).toMatchObject([{ names: ['mine'], roles: { 110: 'server', 112: 'child', 113: 'child' } }])
  })

  it('a client below a server is its child, and has its own servers', () => {
    const client = proc(112, 110, ['claude'], { executable: '/opt/bin/claude' })
    const below = proc(113, 112, ['node', '/w/n.js'], { script: script('/w/n.js') })
    expect(
      summaries([mine, nested], run([mine, nested], [DESKTOP, root, client, below])),
    ).toMatchObject([
      { names: ['mine'], roles: { 110: 'server', 112: 'child' } },
      { names: ['nested'], client: 'claude-code', roles: { 113: 'server' } },
    ])
  })

  it('a child that only calls itself a client does not end the tree', () => {
    const client = titled(112, 110, 'claude', 30)
    const below = proc(113, 112, ['node', '/w/n.js'], { script: script('/w/n.js') })
    expect(
      summaries([mine, nested], run([mine, nested], [DESKTOP, root, client, below])),
    ).toMatchObject([{ names: ['mine'], roles: { 110: 'server', 112: 'child', 113: 'child' } }])
  })

  it('a parent’s number used again is no parent', () => {
    const young = { ...DESKTOP, startTicks: 5_000 }
    expect(run([mine], [young, root]).instances).toMatchObject([
      { quality: 'no-client', client: null },
    ])
  })
})
