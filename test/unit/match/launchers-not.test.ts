/** What a launcher makes that is not the configured server, however much it looks like one. */
import { describe, expect, it } from 'vitest'
import type { Process } from '../../../shared/model/process.ts'
import type { Server } from '../../../shared/model/server.ts'
import { area, DESKTOP, proc, run, script, server, summaries, titled } from './world.ts'

const CACHE = '/home/u/.npm/_npx/a3/node_modules'

function names(servers: readonly Server[], tree: readonly Process[]): readonly string[] {
  return summaries(servers, run(servers, [DESKTOP, ...tree])).flatMap((each) => each.names)
}

function npmTree(title: string, bin: string, name: string, version = '1.0.0'): Process[] {
  const path = `${CACHE}/.bin/${bin}`
  const package_ = { ecosystem: 'npm', name, version } as const
  return [
    titled(110, 100, title, area(['node', '/usr/bin/npx', ...title.split(' ')]) + 40),
    proc(111, 110, ['sh', '-c', bin]),
    proc(112, 111, ['node', path], {
      script: { path, realPath: `${CACHE}/${name}/i.js`, package: package_ },
    }),
  ]
}

describe('a package runner that was told something else', () => {
  it('has a program of the same name in another package', () => {
    const one = server('one', ['npx', '-y', '@configured/notes'])
    expect(names([one], npmTree('npm exec @other/notes', 'notes', '@other/notes'))).toEqual([])
    const unscoped = server('one', ['npx', '-y', '@modelcontextprotocol/server-memory'])
    const tree = npmTree('npm exec mcp-server-memory', 'mcp-server-memory', 'mcp-server-memory')
    // no entry's: it is listed as in no configuration
    expect(names([unscoped], tree)).toEqual(['?'])
  })

  it('runs another program of the same package', () => {
    const one = server('one', ['npx', '-y', 'notes'])
    expect(names([one], npmTree('npm exec notes-admin', 'notes-admin', 'notes'))).toEqual([])
    const named = server('one', ['npx', '-p', 'notes', 'notes-mcp'])
    expect(names([named], npmTree('npm exec notes-admin', 'notes-admin', 'notes'))).toEqual([])
  })

  it('runs another version than the entry pins', () => {
    const one = server('one', ['npx', '-y', 'notes@2.0.0'])
    const [, , bin] = npmTree('npm exec notes@1.0.0', 'notes', 'notes', '1.0.0')
    expect(names([one], bin === undefined ? [] : [{ ...bin, ppid: 1 }])).toEqual([])
  })

  it('installs the package, whose scripts run below it', () => {
    const one = server('one', ['npx', '-y', 'notes'])
    const path = '/w/node_modules/notes/install.js'
    const tree = [
      titled(110, 100, 'npm install notes', 40),
      proc(111, 110, ['sh', '-c', 'node install.js']),
      proc(112, 111, ['node', 'install.js'], { script: script(path, path, 'notes') }),
    ]
    expect(names([one], tree)).toEqual([])
  })
})

describe('the very program without the launcher that is configured', () => {
  it('is not the package’s where a client starts the program itself', () => {
    const one = server('one', ['npx', '-y', 'notes'])
    const direct = server('direct', ['/opt/notes'])
    const root = proc(110, 100, ['/opt/notes'])
    expect(names([one], [root])).toEqual([])
    expect(names([one, direct], [root])).toEqual(['direct'])
  })

  it('of a project is not the one that a bare name leads to', () => {
    const one = server('one', ['mcp-server', '--stdio'])
    const path = '/w/node_modules/.bin/mcp-server'
    const root = proc(110, 100, ['node', path, '--stdio'], { script: script(path, '/w/x.js') })
    expect(names([one], [root])).toEqual([])
  })

  it('at another path is another program', () => {
    const one = server('one', ['/home/u/.notes/mcp-server', '--x'])
    expect(names([one], [proc(110, 100, ['/tmp/mcp-server', '--x'])])).toEqual([])
  })
})

describe('what only calls itself a launcher', () => {
  it.each(['uvx', 'uv', 'docker', 'npx', 'sh'])('%s', (tool) => {
    const line = tool === 'sh' ? ['sh', '-c', 'uvx notes'] : [tool, 'run', 'notes']
    const one = server('one', line)
    expect(names([one], [proc(110, 100, line, { executable: '/usr/bin/node' })])).toEqual([])
  })

  it('uvx, and is another program', () => {
    const one = server('one', ['uvx', 'notes'])
    expect(names([one], [proc(110, 100, ['uvx', 'notes'], { executable: '/usr/bin/sleep' })])).toEqual([])
    const real = proc(110, 100, ['uvx', 'notes'], { executable: '/home/u/.local/bin/uv' })
    expect(names([one], [real])).toEqual(['one'])
  }) // biome-ignore format: a long line
})

describe('a script that is not run', () => {
  it.each(['--check', '-c', '--test'])('node %s', (option) => {
    const one = server('one', ['node', '/w/s.js'], { script: script('/w/s.js') })
    const root = proc(110, 100, ['node', option, '/w/s.js'], { script: script('/w/s.js') })
    expect(names([one], [root])).toEqual([])
  })
})

describe('processes of other users', () => {
  const one = server('one', ['npx', '-y', 'notes'])
  const tree = npmTree('npm exec notes', 'notes', 'notes')
  const look = (ownUid: number): number =>
    run([one], [DESKTOP, ...tree], undefined, { ownUid }).instances.length

  it('are nobody’s, but for root, who may run as anybody', () => {
    expect(look(1000)).toBe(1)
    expect(look(1001)).toBe(0)
    expect(look(0)).toBe(1)
  })
})

describe('an interpreter under the name of a configured program', () => {
  const one = server('one', ['/home/u/bin/notes-mcp'])
  const forged = ['/home/u/bin/notes-mcp', '/home/u/other/worker.mjs']
  const fields = { executable: '/usr/bin/node', stdin: 'terminal', stdout: 'terminal' } as const

  it('is nobody’s in a terminal, unlike the program', () => {
    expect(names([one], [proc(110, 1, forged, fields)])).toEqual([])
    const itself = proc(110, 1, forged, { ...fields, executable: '/home/u/bin/notes-mcp' })
    expect(names([one], [itself])).toEqual(['one'])
  })

  it('is the entry’s below the client, where wrappers name what they execute after themselves', () => {
    const tree = [proc(110, 100, forged, { executable: '/usr/bin/node' })]
    expect(names([one], tree)).toEqual(['one'])
  })
})
