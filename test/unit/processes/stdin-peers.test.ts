/** Who is asked, and how often. The folder stands for /proc: links to pipes and sockets lead nowhere there either. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunningClient, StdinPeers } from '../../../daemon/ports.ts'
import { createStdinPeers } from '../../../daemon/processes/stdin-peers.ts'
import type { Process } from '../../../shared/model/process.ts'
import { proc } from '../match/world.ts'

const [READ, WRITE, BOTH] = ['0100000', '02000001', '0100002']
let procRoot: string
let questions: number[][]
let peers: StdinPeers

beforeEach(() => {
  procRoot = mkdtempSync(join(tmpdir(), 'mcpw-stdin-'))
  questions = []
  peers = createStdinPeers({
    maxLinks: 10,
    procRoot,
    socketPeers: (inodes) => {
      questions.push([...inodes])
      return new Map([[500, 501]])
    },
  })
})
afterEach(() => rmSync(procRoot, { recursive: true, force: true }))

/** `flags` as fdinfo has them. */
function holds(pid: number, descriptor: number, target: string, flags = WRITE): void {
  for (const name of ['fd', 'fdinfo'])
    mkdirSync(join(procRoot, `${pid}`, name), { recursive: true })
  symlinkSync(target, join(procRoot, `${pid}/fd/${descriptor}`))
  writeFileSync(
    join(procRoot, `${pid}/fdinfo/${descriptor}`),
    `pos:\t0\nflags:\t${flags}\nmnt_id:\t15\n`,
  )
}

const client = (pid: number, id = 'claude-code'): RunningClient => ({
  id,
  process: proc(pid, 1, ['/opt/claude']),
})
const onPipe = (pid: number, inode: number): Process =>
  proc(pid, 1, ['node'], { stdin: 'pipe', stdinInode: inode })
const SERVER = onPipe(300, 77)

describe('the client at the other end of a pipe', () => {
  it('is the one that can write to it', () => {
    holds(100, 3, 'pipe:[76]')
    holds(100, 5, 'pipe:[77]')
    holds(101, 5, 'pipe:[77]', READ)
    expect(peers.holderOf(SERVER)).toBeNull()
    expect(peers.ask([SERVER], [client(100), client(101)])).toBe(true)
    expect(peers.holderOf(SERVER)).toBe(100)
    expect(questions).toEqual([[]])
  })

  it('may have opened it for both', () => {
    holds(100, 5, 'pipe:[77]', BOTH)
    peers.ask([SERVER], [client(100)])
    expect(peers.holderOf(SERVER)).toBe(100)
  })

  it('is none that cannot be read, or of which there is less than a descriptor', () => {
    mkdirSync(join(procRoot, '100/fd'), { recursive: true })
    symlinkSync('pipe:[77]', join(procRoot, '100/fd/5'))
    holds(101, 5, 'pipe:[77', WRITE)
    holds(102, 5, 'pipe:[77]', 'what')
    expect(
      peers.ask(
        [SERVER],
        [99, 100, 101, 102].map((pid) => client(pid)),
      ),
    ).toBe(false)
    expect(peers.holderOf(SERVER)).toBeNull()
  })

  it('is the oldest of its processes that hold it', () => {
    for (const pid of [120, 100, 110]) holds(pid, 5, 'pipe:[77]')
    peers.ask([SERVER], [client(120), client(100), client(110)])
    expect(peers.holderOf(SERVER)).toBe(100)
  })

  it('is nobody where different clients hold it', () => {
    for (const pid of [100, 110]) holds(pid, 5, 'pipe:[77]')
    peers.ask([SERVER], [client(100), client(110, 'cursor')])
    expect(peers.holderOf(SERVER)).toBeNull()
  })
})

describe('the client at the other end of a socket', () => {
  const server = proc(300, 1, ['node'], { stdin: 'socket', stdinInode: 500 })

  it('holds what the kernel says is its peer', () => {
    holds(100, 5, 'socket:[500]')
    holds(101, 5, 'socket:[501]')
    peers.ask([server], [client(100), client(101)])
    expect(peers.holderOf(server)).toBe(101)
    expect(questions).toEqual([[500]])
  })

  it('is not looked for where the kernel knows none', () => {
    holds(100, 5, 'socket:[600]')
    peers.ask([{ ...server, stdinInode: 600 }], [client(100)])
    expect(peers.holderOf(server)).toBeNull()
  })
})

describe('asking', () => {
  it('is done once for a process, and for a client that started before it', () => {
    const servers = [SERVER, onPipe(310, 78)]
    expect(peers.ask(servers, [client(100)])).toBe(false)
    // It has the pipe only now, and nobody looks again.
    holds(100, 5, 'pipe:[77]')
    expect(peers.ask(servers, [client(100)])).toBe(false)
    holds(400, 5, 'pipe:[77]')
    expect(peers.ask(servers, [client(100), client(400)])).toBe(false)
    expect(questions).toHaveLength(1)
    holds(200, 5, 'pipe:[78]')
    expect(peers.ask(servers, [client(100), client(200)])).toBe(true)
    expect(servers.map((server) => peers.holderOf(server))).toEqual([100, 200])
  })

  it('is done again for the same process after an exec', () => {
    peers.ask([SERVER], [client(100)])
    holds(100, 5, 'pipe:[77]')
    const next = proc(300, 1, ['node'], { epoch: 1, stdinInode: 77 })
    expect(peers.ask([next], [client(100)])).toBe(true)
    expect([peers.holderOf(next), peers.holderOf(SERVER)]).toEqual([100, null])
  })

  it('ends with the client, and with the process', () => {
    holds(100, 5, 'pipe:[77]')
    peers.ask([SERVER], [client(100)])
    expect(peers.ask([SERVER], [client(100)])).toBe(false)
    expect(peers.ask([SERVER], [])).toBe(true)
    expect(peers.holderOf(SERVER)).toBeNull()
    peers.ask([SERVER], [client(100)])
    peers.ask([], [])
    expect(peers.holderOf(SERVER)).toBeNull()
  })

  it('leaves out clients with more descriptors than can be read, the others first', () => {
    holds(90, 5, 'pipe:[77]')
    holds(100, 5, 'pipe:[78]')
    for (let number = 0; number < 9; number += 1)
      symlinkSync('/dev/null', join(procRoot, `90/fd/x${number}`))
    const servers = [SERVER, onPipe(310, 78)]
    peers.ask(servers, [client(90), client(100)])
    expect(servers.map((server) => peers.holderOf(server))).toEqual([null, 100])
  })
})
