/** The check of a case by itself: it must see what is wrong. */
import { describe, expect, it } from 'vitest'
import { type CorpusCase, caseSchema } from './case.ts'
import { checkCase } from './check.ts'

const CLIENT = {
  pid: 10,
  ppid: 1,
  executable: '/usr/bin/claude',
  argv: ['claude'],
  cwd: '/home/ada',
}
const SCRIPT = { path: '/home/ada/notes.js', realPath: '/home/ada/notes.js', package: null }
const SERVER = {
  pid: 11,
  ppid: 10,
  executable: '/usr/bin/node',
  argv: ['node', '/home/ada/notes.js', '--all'],
  cwd: '/home/ada',
  script: SCRIPT,
}
const EXPECTED = {
  servers: ['notes'],
  client: 'claude-code',
  root: 11,
  server: 11,
  startedBy: 10,
  quality: 'exact',
}

function declare(name: string): { path: string; text: string } {
  const args = ['/home/ada/notes.js', '--all']
  return {
    path: '~/.claude.json',
    text: JSON.stringify({ mcpServers: { [name]: { command: 'node', args } } }),
  }
}

function made(over: object = {}): CorpusCase {
  return caseSchema.parse({
    about: 'A script of a client.',
    launcher: 'node',
    client: 'claude-code',
    difficulty: 'plain',
    origin: { kind: 'transcribed', source: 'none', note: 'made up' },
    files: [declare('notes'), { path: '~/notes.js', text: '' }],
    tables: [[CLIENT, SERVER]],
    expected: [EXPECTED],
    ...over,
  })
}

function faultsOf(over: object): readonly string[] {
  return checkCase(made(over)).faults
}

describe('the check of a case', () => {
  it('passes what is as expected', () => {
    expect(checkCase(made())).toMatchObject({ faults: [], found: 1 })
  })

  it('sees a process that belongs to nobody', () => {
    expect(faultsOf({ expected: [] })).toEqual([
      '11 was given to claude-code:notes; it belongs to no server',
    ])
  })

  it('sees a wrong name', () => {
    expect(faultsOf({ expected: [{ ...EXPECTED, servers: ['other'] }] })).toEqual([
      '11 was given to claude-code:notes; it is of claude-code:other',
    ])
  })

  it('sees a server in no file under another name or root than its own', () => {
    const argv = ['node', '/home/ada/bin/notes-mcp']
    const script = { path: argv[1], realPath: argv[1], package: null }
    const tables = [[CLIENT, { ...SERVER, argv, script, stdin: 'pipe', stdout: 'pipe' }]]
    const fault = '11 was taken for notes-mcp, which no file declares'
    const removed = { files: [], tables, expected: [] }
    expect(faultsOf(removed)).toEqual([fault])
    expect(faultsOf({ ...removed, undeclared: [{ root: 10, names: ['notes-mcp'] }] })).toEqual([
      fault,
    ])
    expect(faultsOf({ ...removed, undeclared: [{ root: 11, names: ['notes'] }] })).toEqual([fault])
    const names = ['notes', 'notes-mcp']
    expect(faultsOf({ ...removed, undeclared: [{ root: 11, names }] })).toEqual([])
  })

  it('sees what was not found, and lets a case say so', () => {
    const files = [declare('notes')]
    const tables = [[CLIENT, { ...SERVER, argv: ['node', 'x.js'], script: null }]]
    expect(faultsOf({ files, tables })).toEqual(['notes at 11 was not found'])
    expect(checkCase(made({ files, tables, missed: 'It shows nothing.' }))).toMatchObject({
      faults: [],
      found: 0,
    })
  })

  it('sees that nothing is missed any more', () => {
    expect(faultsOf({ missed: 'It shows nothing.' })).toEqual(['nothing of it is missed any more'])
  })

  it('sees a wrong quality, judgement, server, package and client', () => {
    const expected = [
      { ...EXPECTED, quality: 'launcher', judged: false, server: null, startedBy: null },
    ]
    expect(faultsOf({ expected })).toEqual([
      'notes at 11 was started by no client, not by 10',
      'notes at 11 is launcher, not exact',
      'notes at 11 is not to be judged',
      '11 of notes at 11 is no server yet',
    ])
    expect(faultsOf({ expected: [{ ...EXPECTED, package: 'notes@1.0.0' }] })).toEqual([
      'notes at 11 runs notes@1.0.0, not something unknown',
    ])
  })

  it('takes the tree below a root for its members, and names them where they are told', () => {
    const child = { ...SERVER, pid: 12, ppid: 11, argv: ['git'], script: null }
    const tables = [[CLIENT, SERVER, child]]
    expect(faultsOf({ tables })).toEqual([])
    expect(faultsOf({ tables, expected: [{ ...EXPECTED, members: [11] }] })).toEqual([
      '12 was given to claude-code:notes; it belongs to no server',
    ])
  })

  it('reads what a running client is told of on its command line and in its folder', () => {
    const client = { ...CLIENT, argv: ['claude', '--mcp-config', '/home/ada/more.json'] }
    const named = { ...declare('notes'), path: '~/more.json' }
    expect(faultsOf({ files: [named], tables: [[client, SERVER]] })).toEqual([])
    const worker = { ...CLIENT, cwd: '/home/ada/work' }
    const project = { ...declare('notes'), path: '~/work/.mcp.json' }
    expect(faultsOf({ files: [project], tables: [[worker, SERVER]] })).toEqual([])
  })
})
