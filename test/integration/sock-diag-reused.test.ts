/** One socket for several connections (connect(2) after a failure, or to AF_UNSPEC): a way not to be seen. */
import { readlinkSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import koffi from 'koffi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSpace } from '../../daemon/capture/sock-diag/open-space.ts'
import type { Space } from '../../daemon/capture/sock-diag/space.ts'
import { loadNative } from '../../daemon/native/load.ts'
import type { ProcessKey } from '../../shared/model/ids.ts'
import { waitFor } from '../helpers/wait-for.ts'

const loaded = await loadNative()
const [AF_UNSPEC, AF_INET, SOCK_STREAM] = [0, 2, 1]
const holder = { process: 'test:1:1:0' as ProcessKey, pid: process.pid }

type Call = (...args: readonly (number | Uint8Array)[]) => number
const library = process.platform === 'linux' ? koffi.load(null) : null
const declare = (text: string): Call => library?.func(text) as unknown as Call
const socket = declare('int socket(int, int, int)')
const connect = declare('int connect(int, void *, uint32_t)')
const close = declare('int close(int)')

function address(family: number, port: number): Uint8Array {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, family, true)
  view.setUint16(2, port)
  bytes.set([127, 0, 0, 1], 4)
  return bytes
}

async function listen(): Promise<{ server: Server; port: number }> {
  // To disconnect resets the connection.
  const server = createServer((peer) => peer.on('error', () => {}))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}

describe.skipIf(!loaded.ok)('a socket that is connected more than once', () => {
  let space: Space
  let fd: number
  let closed: number
  const servers: Server[] = []
  const ports: number[] = []

  beforeAll(async () => {
    if (!loaded.ok) return
    space = openSpace(loaded.native, '/proc')
    for (let i = 0; i < 3; i += 1) {
      const { server, port } = await listen()
      servers.push(server)
      ports.push(port)
    }
    closed = ports.pop() ?? 0
    await new Promise((resolve) => servers.pop()?.close(resolve))
    fd = socket(AF_INET, SOCK_STREAM, 0)
  })
  afterAll(() => {
    close(fd)
    for (const server of servers) server.close()
    space?.close()
  })

  /** What is told of our socket after a sample: port of the remote end, and whether that is over. */
  function sample(): readonly string[] {
    const inode = Number(/\d+/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[0])
    space.dump({ at: Date.now(), suspected: true })
    space.ledger.resolve(new Map([[inode, [holder]]]))
    return space.ledger
      .take()
      .rows.filter(({ holders }) => holders.length > 0)
      .map(({ remote, endedAt }) => `${remote?.port} ${endedAt === undefined ? 'open' : 'over'}`)
  }

  it('is told once for each connection, also after a time in which it had none', async () => {
    const [first = 0, second = 0] = ports
    expect(connect(fd, address(AF_INET, closed), 16)).toBe(-1)
    expect(sample()).toEqual([])
    expect(connect(fd, address(AF_INET, first), 16)).toBe(0)
    expect(sample()).toEqual([`${first} open`])
    connect(fd, address(AF_UNSPEC, 0), 16)
    await waitFor(() => sample().includes(`${first} over`), {
      what: 'the first connection to be over',
      deadlineMs: 20_000,
    })
    expect(connect(fd, address(AF_INET, second), 16)).toBe(0)
    expect(sample()).toEqual([`${second} open`])
    // At once, so that no sample lacks it in between.
    connect(fd, address(AF_UNSPEC, 0), 16)
    expect(connect(fd, address(AF_INET, first), 16)).toBe(0)
    expect(sample()).toEqual([`${second} over`, `${first} open`])
  })
})
