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

describe('a true title', () => {
  it('of the same size as another entry is believed with its program below', () => {
    const [root, shell, bin] = npxTree(110, 100, ['/dir'])
    const same = { ...root, argvBytes: area(LINE) }
    expect(summaries(servers, run(servers, [DESKTOP, same, shell, bin]))).toMatchObject([
      { names: ['files'], roles: { 110: 'launcher' } },
    ])
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

describe('the last resort', () => {
  const hidden = server('hidden', ['node'], {
    args: [
      { kind: 'literal', value: '/w/hidden.js' },
      { kind: 'digest', digest: 'h(6:s3cr3t)' },
    ],
  })

  it('names the one entry of the client that is not running', () => {
    const output = run(
      [files, hidden],
      [DESKTOP, ...npxTree(110, 100, ['/dir']), titled(130, 100, 'quiet', 40)],
    )
    expect(summaries([files, hidden], output)).toMatchObject([
      { names: ['files'] },
      { names: ['hidden'], quality: 'args-subset', roles: { 130: 'server' } },
    ])
    expect(output.instances[1]?.reasons).toContain('only-candidate-not-running')
  })

  it('sees through a second claim to a running entry', () => {
    const forged = titled(130, 100, CLAIM, 120)
    const output = run([files, hidden], [DESKTOP, ...npxTree(110, 100, ['/dir']), forged])
    expect(summaries([files, hidden], output)).toMatchObject([
      { names: ['files'], root: 110 },
      { names: ['hidden'], root: 130, roles: { 130: 'server' } },
    ])
  })

  it('stays silent where two entries are not running, or the size contradicts', () => {
    expect(run([files, hidden], [DESKTOP, titled(130, 100, 'quiet', 40)]).instances).toEqual([])
    expect(run([evil], [DESKTOP, titled(130, 100, 'quiet', area(LINE) - 3)]).instances).toEqual([])
    expect(run([hidden], [DESKTOP, titled(130, 100, 'quiet', 8)]).instances).toEqual([])
  })
})
