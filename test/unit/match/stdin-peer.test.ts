/** The client at the other end of descriptor 0: what counts as one, and what it changes. */
import { describe, expect, it } from 'vitest'
import { emptyMatchState, type MatchOutput, matchServers } from '../../../daemon/match/match.ts'
import type { MatchState } from '../../../shared/model/attribution.ts'
import type { Process } from '../../../shared/model/process.ts'
import type { Server } from '../../../shared/model/server.ts'
import {
  CURSOR,
  DESKTOP,
  digest,
  npxTree,
  proc,
  recogniseClient,
  script,
  server,
  table,
} from './world.ts'

const FILES = server('files', ['npx', '-y', '@modelcontextprotocol/server-filesystem', '/data'])
const NOTES = server('notes', ['node', '/home/u/notes.js', '--quiet'])
const INIT = proc(1, 0, ['/sbin/init'])

/** `ends`: who holds the other end of a process' descriptor 0, by pid. */
function look(
  servers: readonly Server[],
  processes: readonly Process[],
  ends: Readonly<Record<number, number>>,
  previous: MatchState = emptyMatchState,
): MatchOutput {
  const stdinHolder = ({ pid }: Process): number | null => ends[pid] ?? null
  const input = { previous, servers, table: table(processes), recogniseClient, digest, stdinHolder }
  return matchServers(input)
}

const notes = (pid: number, ppid: number, fields: Partial<Process> = {}): Process =>
  proc(pid, ppid, ['node', '/home/u/notes.js', '--quiet'], {
    script: script('/home/u/notes.js'),
    ...fields,
  })

describe('a client at the other end of descriptor 0', () => {
  it.each(['pipe', 'socket'] as const)('started a server that init has now, on a %s', (stdin) => {
    const output = look([NOTES], [INIT, DESKTOP, notes(300, 1, { stdin })], { 300: 100 })
    expect(output.instances).toMatchObject([
      {
        serverIds: [NOTES.id],
        quality: 'exact',
        client: { id: 'claude-desktop', pid: 100 },
        orphaned: false,
        judged: true,
        ancestors: [{ pid: 100 }],
      },
    ])
    expect(output.instances[0]?.reasons).toEqual(['script', 'all-arguments', 'client-at-stdin'])
  })

  it('is asked for only where none is above', () => {
    const orphan = notes(300, 1)
    const alone = look([NOTES], [INIT, DESKTOP, orphan], {})
    expect(alone.instances).toMatchObject([{ quality: 'no-client', client: null, orphaned: true }])
    expect(alone.question).toEqual({
      unclaimed: [orphan],
      clients: [{ id: 'claude-desktop', process: DESKTOP }],
    })
    const child = look([NOTES], [INIT, DESKTOP, notes(300, 100)], { 300: 200 })
    expect(child.question).toEqual({ unclaimed: [], clients: [] })
    expect(child.instances).toMatchObject([{ client: { pid: 100 } }])
  })

  it('tells apart what two clients declare alike', () => {
    const other = server('notes', ['node', '/home/u/notes.js', '--quiet'], { client: 'cursor' })
    const machine = [INIT, DESKTOP, CURSOR, notes(300, 1)]
    expect(look([NOTES, other], machine, {}).instances).toMatchObject([{ quality: 'one-of' }])
    expect(look([NOTES, other], machine, { 300: 200 }).instances).toMatchObject([
      { serverIds: [other.id], quality: 'exact', client: { id: 'cursor', pid: 200 } },
    ])
  })

  it('may be another than the entry is declared for', () => {
    const output = look([NOTES], [INIT, CURSOR, notes(300, 1)], { 300: 200 })
    expect(output.instances[0]?.reasons).toContain('other-client-at-stdin')
  })

  it('keeps a server that outlived its launcher from being an orphan', () => {
    const [npm, shell, node] = npxTree(300, 100, ['/data'])
    const before = look([FILES], [INIT, DESKTOP, npm, shell, node], {})
    const left = { ...node, ppid: 1 }
    const remains = [INIT, DESKTOP, left]
    const [gone] = look([FILES], remains, {}, before.state).instances
    expect(gone).toMatchObject({ quality: 'remembered', orphaned: true })
    const output = look([FILES], remains, { 302: 100 }, before.state)
    expect(output.question.unclaimed).toEqual([left])
    expect(output.instances).toMatchObject([
      { quality: 'remembered', orphaned: false, client: { pid: 100 } },
    ])
  })

  it('is enough for an entry that is known by a name alone', () => {
    const weak = server('tool', ['tool-server'])
    const running = proc(300, 1, ['/opt/elsewhere/tool-server'])
    const alone = look([weak], [INIT, DESKTOP, running], {})
    expect(alone.instances).toEqual([])
    expect(alone.question.unclaimed).toEqual([running])
    const output = look([weak], [INIT, DESKTOP, running], { 300: 100 })
    expect(output.instances).toMatchObject([{ serverIds: [weak.id], client: { pid: 100 } }])
  })

  it('makes a server with a file as its output no run of the user’s own', () => {
    const shell = proc(290, 1, ['bash'])
    const logging = notes(300, 290, { stdout: 'file' })
    expect(look([NOTES], [INIT, DESKTOP, shell, logging], {}).instances).toMatchObject([
      { judged: false },
    ])
    expect(look([NOTES], [INIT, DESKTOP, shell, logging], { 300: 100 }).instances).toMatchObject([
      { judged: true, quality: 'exact' },
    ])
  })
})

describe('what holds the other end and is no client of it', () => {
  const alone = [{ quality: 'no-client', client: null }]

  it('is any other program', () => {
    const cat = proc(250, 1, ['cat'])
    expect(look([NOTES], [INIT, cat, notes(300, 1)], { 300: 250 }).instances).toMatchObject(alone)
  })

  it('is a program that only calls itself a client', () => {
    const liar = proc(250, 1, ['claude'], { executable: '/usr/bin/node', argvForm: 'rewritten' })
    expect(recogniseClient(liar)).toBe('claude-code')
    expect(look([NOTES], [INIT, liar, notes(300, 1)], { 300: 250 }).instances).toMatchObject(alone)
  })

  it('is a program named like a client that is younger than the server', () => {
    const fake = proc(350, 1, ['/tmp/x/claude'])
    const twin = { ...fake, startTicks: 3000 }
    for (const holder of [fake, twin])
      expect(look([NOTES], [INIT, holder, notes(300, 1)], { 300: 350 }).instances).toMatchObject(
        alone,
      )
  })

  it('is a program named like a client that a server has started', () => {
    const parent = notes(150, 100)
    const fake = proc(250, 150, ['/tmp/x/claude'])
    const files = server('files', ['node', '/home/u/files.js', '/'], { client: 'claude-code' })
    const claimant = proc(300, 1, ['node', '/home/u/files.js', '/'], {
      script: script('/home/u/files.js'),
    })
    const output = look([NOTES, files], [INIT, DESKTOP, parent, fake, claimant], { 300: 250 })
    expect(output.instances.find(({ rootPid }) => rootPid === 300)).toMatchObject(alone[0] ?? {})
    expect(output.question.clients).toEqual([{ id: 'claude-desktop', process: DESKTOP }])
  })

  it('is the server’s own child', () => {
    const child = proc(310, 300, ['/opt/claude'])
    const output = look([NOTES], [INIT, notes(300, 1), child], { 300: 310 })
    expect(output.instances).toMatchObject(alone)
    expect(output.question.clients).toEqual([])
  })

  it('is nobody where descriptor 0 is a terminal or a file', () => {
    for (const stdin of ['terminal', 'file', 'null', 'closed', 'unknown'] as const) {
      const output = look([NOTES], [INIT, DESKTOP, notes(300, 1, { stdin })], { 300: 100 })
      expect(output.instances).toMatchObject([{ client: null }])
      expect(output.question.unclaimed).toEqual([])
    }
  })

  it('is a pid that nobody has any more', () => {
    expect(look([NOTES], [INIT, notes(300, 1)], { 300: 100 }).instances).toMatchObject(alone)
  })
})

describe('a process that shares descriptor 0 with a server', () => {
  const owner = notes(300, 100, { stdinInode: 77 })
  const files = server('files', ['node', '/home/u/files.js', '/'])
  const lookAlike = (fields: Partial<Process> = {}): Process =>
    proc(310, 1, ['node', '/home/u/files.js', '/'], {
      script: script('/home/u/files.js'),
      pgid: 310,
      sid: 310,
      stdinInode: 77,
      ...fields,
    })
  const members = (output: MatchOutput): number[][] =>
    output.instances.map((instance) => instance.members.map(({ process }) => process.pid))

  it('is a part of it, whatever it looks like and who is at the other end', () => {
    const machine = [INIT, DESKTOP, owner, lookAlike()]
    const output = look([NOTES, files], machine, { 300: 100, 310: 100 })
    expect(members(output)).toEqual([[300, 310]])
    expect(output.instances[0]?.members[1]).toMatchObject({ role: 'child' })
    expect(members(look([NOTES, files], machine, {}, output.state))).toEqual([[300, 310]])
  })

  it('is itself when the pipe is another, or the client’s own, or it is older', () => {
    const shared = (client: Process, other: Process): number[][] =>
      members(look([NOTES, files], [INIT, client, owner, other], { 310: 100 }))
    expect(shared(DESKTOP, lookAlike({ stdinInode: 78 }))).toEqual([[300], [310]])
    expect(shared({ ...DESKTOP, stdinInode: 77 }, lookAlike())).toEqual([[300], [310]])
    expect(shared(DESKTOP, lookAlike({ startTicks: 2_000 }))).toEqual([[310], [300]])
  })

  it('is itself where no client started either: a shell gives one pipe to several', () => {
    const shell = proc(50, 1, ['bash'])
    const one = notes(300, 50, { stdinInode: 77 })
    expect(members(look([NOTES, files], [INIT, shell, one, lookAlike()], {}))).toEqual([
      [300],
      [310],
    ])
  })
})
