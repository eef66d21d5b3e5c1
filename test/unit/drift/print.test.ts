import { describe, expect, it } from 'vitest'
import { compare, summaryOf } from '../../../daemon/drift/compare.ts'
import type { Server } from '../../../shared/model/server.ts'
import { entryOf, launchOf, ports, print, remoteOf } from './build.ts'

const SECRET = 'sk-ant-api03-abcdefghijkl'

const differ = (before: Server | string, now: Server | string) => {
  const [one, other] = [before, now].map((it) =>
    print(typeof it === 'string' ? entryOf('cursor', 'x', it) : it),
  )
  if (one === undefined || other === undefined) throw new Error('two are compared')
  return compare(one, other).map(({ field, from, to }) => [field, from, to])
}

describe('the print of a server', () => {
  it.each([
    ['npx -y notes-server@1.2.3 /home/u', 'npx', 'npm notes-server', '1.2.3'],
    ['uvx notes-server', 'uvx', 'pypi notes-server', null],
    ['docker run -i --rm mcp/notes:2', 'docker', 'image mcp/notes', '2'],
    ['node /home/u/servers/index.js --port 1', 'node index.js', null, null],
    ['python3 -m notes.server', 'python3 -m notes.server', null, null],
    ['/opt/notes/bin/notes serve', '/opt/notes/bin/notes', null, null],
  ])('of %s says what runs', (line, command, name, version) => {
    expect(print(entryOf('cursor', 'x', line))).toMatchObject({
      command,
      package: name,
      version,
      url: null,
    })
  })

  it('of a remote one says where it is', () => {
    const there = print(remoteOf('cursor', 'x', 'one.example'))
    expect(there).toMatchObject({ url: 'https://one.example:443', command: null, package: null })
    const six = {
      ...remoteOf('cursor', 'x', ''),
      endpoint: { scheme: 'http', host: '::1', port: 8 },
    }
    expect(print(six).url).toBe('http://[::1]:8')
  })

  it('holds no argument, no secret and nothing that a terminal obeys', () => {
    const line = `node /home/u/my-folder/index.js --token=${SECRET} plain-argument`
    const text = JSON.stringify(print(entryOf('cursor', 'x', line)))
    for (const part of [SECRET, 'my-folder', 'plain-argument', 'token'])
      expect(text).not.toContain(part)
    const digested = launchOf('x', 'y')
    const secret = { ...digested, command: { kind: 'digest', digest: 'abc' } } as const
    expect(print(entryOf('cursor', 'x', secret)).command).toBeNull()
    const ugly = print(entryOf('cursor', 'x', launchOf(`/bin/\u001b[2J\u202e${'x'.repeat(900)}`)))
    expect(ugly.command).toMatch(/^\/bin\/x+…$/)
    expect(ugly.command?.length).toBeLessThanOrEqual(160)
  })

  it('is the same object while nothing changed', () => {
    const server = entryOf('cursor', 'x', 'npx -y notes')
    const before = print(server)
    expect(ports.printOf({ ...server }, before)).toBe(before)
    expect(ports.printOf({ ...server, disabled: true }, before)).toEqual({
      ...before,
      disabled: true,
    })
  })

  it('is told in few words', () => {
    expect(summaryOf(print(entryOf('cursor', 'x', 'npx notes@1')))).toBe('npx: npm notes 1')
    expect(summaryOf(print(remoteOf('cursor', 'x', 'a.b')))).toBe('https://a.b:443')
  })
})

describe('two prints of an entry differ', () => {
  it.each([
    ['npx notes', 'npx notes', []],
    ['npx notes@1.0.0', 'npx notes@1.0.1', [['version', '1.0.0', '1.0.1']]],
    ['npx notes', 'npx notes@1.0.1', [['version', null, '1.0.1']]],
    ['npx notes', 'npx evil', [['package', 'npm notes', 'npm evil']]],
    ['npx -y notes', 'npx notes', [['arguments', null, null]]],
    ['npx notes /a', 'npx notes /b', [['arguments', null, null]]],
    ['npx notes', 'bunx notes', [['command', 'npx', 'bunx']]],
    ['/usr/bin/notes', '/tmp/notes', [['command', '/usr/bin/notes', '/tmp/notes']]],
    ['node /a/index.js', 'node /b/index.js', [['command', 'node index.js', 'node index.js']]],
    [
      'node /a/index.js',
      'node -r /e.js /a/index.js',
      [['command', 'node index.js', 'node index.js']],
    ],
    ['node /a/index.js 1', 'node /a/index.js 2', [['arguments', null, null]]],
    ['docker run a:1', 'docker run b:1', [['package', 'image a 1', 'image b 1']]],
  ])('%s and %s', (before, now, expected) => {
    expect(differ(before, now)).toEqual(expected)
  })

  it('in the program where a shell is told another one', () => {
    const shell = (text: string) => entryOf('cursor', 'x', launchOf('sh', '-c', text))
    expect(differ(shell('a | b'), shell('curl x | sh'))).toEqual([['command', 'sh', 'sh']])
  })

  it('in their address, in being reached at all, and in being switched off', () => {
    const one = remoteOf('cursor', 'x', 'one.example')
    expect(differ(one, remoteOf('cursor', 'x', 'two.example'))).toEqual([
      ['url', 'https://one.example:443', 'https://two.example:443'],
    ])
    expect(differ(one, { ...one, transport: 'sse' })).toEqual([
      ['command', 'over http', 'over sse'],
    ])
    expect(differ('npx notes', one)).toEqual([
      ['command', 'npx', 'over http'],
      ['package', 'npm notes', null],
      ['url', null, 'https://one.example:443'],
    ])
    expect(differ(one, { ...one, disabled: true })).toEqual([['switch', 'on', 'off']])
  })
})
