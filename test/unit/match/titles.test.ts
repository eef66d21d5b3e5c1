/** Processes that wrote over their arguments before they were first seen. */
import { describe, expect, it } from 'vitest'
import { area, DESKTOP, npxTree, proc, run, script, server, summaries, titled } from './world.ts'

const FS = '@modelcontextprotocol/server-filesystem'
const LINE = [
  'node',
  '/home/u/servers/local-only-notes/index.js',
  '--data',
  '/home/u/notes/main.db',
]
const CLAIM = `npm exec ${FS} /dir`
const files = server('files', ['npx', '-y', FS, '/dir'])
const evil = server('evil', LINE, { script: script(LINE[1] ?? '') })
const servers = [files, evil]

describe('a forged title', () => {
  it('does not change what the size of its arguments says', () => {
    for (const first of ['node', '/usr/bin/node']) {
      const root = titled(110, 100, CLAIM, area([first, ...LINE.slice(1)]))
      const output = run(servers, [DESKTOP, root])
      expect(summaries(servers, output)).toMatchObject([
        { names: ['evil'], roles: { 110: 'server' } },
      ])
      expect(output.instances[0]?.reasons).toEqual(
        expect.arrayContaining(['argument-size', 'title-rewritten', 'client-ancestor']),
      )
    }
  })

  it('counts for a process that calls itself a client', () => {
    const output = run(servers, [DESKTOP, titled(110, 100, 'claude', area(LINE))])
    expect(summaries(servers, output)).toMatchObject([{ names: ['evil'] }])
  })

  it('keeps the name it got when the process starts the claimed program later', () => {
    const root = titled(110, 100, CLAIM, area(LINE))
    const first = run(servers, [DESKTOP, root])
    const [, shell, bin] = npxTree(110, 100, ['/dir'])
    const later = run(servers, [DESKTOP, root, shell, bin], first.state)
    expect(summaries(servers, later)).toMatchObject([
      { names: ['evil'], roles: { 110: 'server', 111: 'child', 112: 'child' } },
    ])
  })

  it('is not enough without a client, unless it claims a package runner', () => {
    const parent = proc(60, 1, ['agent'])
    const named = (title: string): unknown =>
      summaries(servers, run(servers, [parent, titled(110, 60, title, area(LINE))]))
    expect(named('vite')).toEqual([])
    expect(named(CLAIM)).toMatchObject([{ names: ['evil'], quality: 'no-client' }])
  })
})

describe('the size of the arguments', () => {
  it('also decides where the claimed program was started below at once', () => {
    const [, shell, bin] = npxTree(110, 100, ['/dir'])
    const root = titled(110, 100, CLAIM, area(LINE))
    for (const others of [[], npxTree(120, 100, ['/dir'])])
      expect(
        summaries(servers, run(servers, [DESKTOP, ...others, root, shell, bin])),
      ).toContainEqual(expect.objectContaining({ names: ['evil'], root: 110 }))
  })

  it('names the one that does not run yet, of two entries that it fits', () => {
    const line = LINE.with(1, (LINE[1] ?? '').replace('notes', 'cards'))
    const twin = server('twin', line, { script: script(line[1] ?? '') })
    const running = proc(120, 100, line, { script: script(line[1] ?? '') })
    const quiet = titled(110, 100, 'quiet', area(LINE))
    const first = run([evil, twin], [DESKTOP, quiet])
    expect(summaries([evil, twin], first)).toMatchObject([
      { names: ['evil', 'twin'], quality: 'one-of' },
    ])
    for (const state of [undefined, first.state])
      expect(
        summaries([evil, twin], run([evil, twin], [DESKTOP, quiet, running], state)),
      ).toMatchObject([
        { names: ['evil'], root: 110 },
        { names: ['twin'], root: 120 },
      ])
  })

  it('settles a chain of names, from the one that is certain', () => {
    // with its folder, node is 9 bytes longer: each size fits an entry and the next one
    const path = (length: number): string => '/w/'.padEnd(length, 'x')
    const all = [20, 29, 38].map((length, i) =>
      server(`s${i}`, ['node', path(length)], { script: script(path(length)) }),
    )
    const sizes = [area(['/usr/bin/node', path(20)]), area(['/usr/bin/node', path(29)])]
    const processes = [
      DESKTOP,
      ...sizes.map((bytes, i) => titled(110 + i, 100, 'quiet', bytes)),
      proc(120, 100, ['node', path(38)], { script: script(path(38)) }),
    ]
    const first = run(all, processes)
    expect(summaries(all, run(all, processes, first.state))).toMatchObject([
      { names: ['s0'], root: 110 },
      { names: ['s1'], root: 111 },
      { names: ['s2'], root: 120 },
    ])
  })

  it('counts what the kernel puts before a script, however python is called there', () => {
    const tool = server('tool', ['/w/tool', '--db'])
    for (const python of ['/usr/bin/python3', '/usr/bin/python', 'python3', 'python3.11']) {
      const root = titled(110, 100, 'quiet', area([python, '/w/tool', '--db']), {
        executable: '/usr/bin/python3.11',
      })
      expect(run([tool], [DESKTOP, root]).instances[0]?.reasons).toContain('argument-size')
    }
  })
})

describe('a true title', () => {
  it('of the same size as another entry is believed, also while nothing runs below it', () => {
    const tree = npxTree(110, 100, ['/dir'])
    const path = '/w/'.padEnd((tree[0].argvBytes ?? 0) - area(['node', '']), 'x')
    const twin = server('twin', ['node', path], { script: script(path) })
    for (const running of [tree, tree.slice(0, 1)])
      expect(summaries([files, twin], run([files, twin], [DESKTOP, ...running]))).toMatchObject([
        { names: ['files'], roles: { 110: 'launcher' } },
      ])
    // npm's first title: to be named too early would be for good
    const early = run([files, twin], [DESKTOP, { ...tree[0], argv: ['npm'] }])
    expect(early.instances).toEqual([])
    expect(
      summaries([files, twin], run([files, twin], [DESKTOP, ...tree], early.state)),
    ).toMatchObject([{ names: ['files'], roles: { 110: 'launcher' } }])
    const other = titled(110, 100, 'npm', area(LINE))
    expect(summaries(servers, run(servers, [DESKTOP, other]))).toMatchObject([{ names: ['evil'] }])
  })

  it('or where that entry already runs', () => {
    const direct = proc(120, 100, LINE, { script: script(LINE[1] ?? '') })
    const root = titled(110, 100, CLAIM, area(LINE))
    expect(summaries(servers, run(servers, [DESKTOP, root, direct]))).toMatchObject([
      { names: ['files'], roles: { 110: 'launcher' } },
      { names: ['evil'], roles: { 120: 'server' } },
    ])
  })
})

describe('a title that nothing else tells of', () => {
  const hidden = server('hidden', ['node'], {
    args: [
      { kind: 'literal', value: '/w/hidden.js' },
      { kind: 'digest', digest: 'h(6:s3cr3t)' },
    ],
  })

  it('gets no name, not that of the one entry that does not run either', () => {
    const output = run(
      [files, hidden],
      [DESKTOP, ...npxTree(110, 100, ['/dir']), titled(130, 100, 'quiet', 40)],
    )
    expect(summaries([files, hidden], output)).toMatchObject([{ names: ['files'], root: 110 }])
  })

  it('is no second copy of what runs already, until its program has started', () => {
    const client = npxTree(110, 100, ['/dir'])
    const [second, ...program] = npxTree(130, 100, ['/dir'])
    const first = run(servers, [DESKTOP, ...client, second])
    expect(summaries(servers, first)).toMatchObject([{ names: ['files'], root: 110 }])
    const then = run(servers, [DESKTOP, ...client, second, ...program], first.state)
    expect(summaries(servers, then)).toMatchObject([
      { names: ['files'], root: 110 },
      { names: ['files'], root: 130 },
    ])
  })

  it('is named beside an entry of its size, where the size of another is not known', () => {
    const output = run([evil, hidden], [DESKTOP, titled(130, 100, 'quiet', area(LINE))])
    expect(summaries([evil, hidden], output)).toMatchObject([
      { names: ['evil', 'hidden'], quality: 'one-of' },
    ])
  })

  it('is not named beside one of unknown size that runs already, or that no client started', () => {
    const argv = ['node', '/w/hidden.js', 's3cr3t']
    const copy = proc(120, 100, argv, { script: script('/w/hidden.js') })
    const quiet = titled(130, 100, 'quiet', area(LINE))
    expect(summaries([evil, hidden], run([evil, hidden], [DESKTOP, copy, quiet]))).toMatchObject([
      { names: ['hidden'], root: 120 },
      { names: ['evil'], root: 130 },
    ])
    const own = [proc(60, 1, ['agent']), titled(110, 60, CLAIM, area(LINE))]
    expect(summaries([evil, hidden], run([evil, hidden], own))).toMatchObject([
      { names: ['evil'], quality: 'no-client' },
    ])
  })

  it('is no shell, and no script that is configured by its name alone', () => {
    for (const command of ['sh', '/bin/sh', 'tool']) {
      const line = [command, '-c', 'a | b']
      const piped = server('piped', line)
      for (const first of [
        ['node', command],
        ['node', '/usr/bin/sh'],
      ])
        expect(
          run([piped], [DESKTOP, titled(130, 100, 'quiet', area([...first, ...line.slice(1)]))])
            .instances,
        ).toEqual([])
    }
  })

  it('does not hide what the size of its arguments says, whatever npm is said to be at work on', () => {
    for (const title of ['npm view left-pad', 'npm exec left-pad', 'vite'])
      expect(
        run([evil], [DESKTOP, titled(130, 100, title, area(LINE), { startedAt: 999_000 })])
          .instances,
      ).toHaveLength(1)
  })
})
