/** The kernel's own lists of sockets, beside what is known of real ones and what `ss` says of them. */
import { execFileSync } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { findTool } from '../../daemon/capture/run-tool.ts'
import {
  createDestroyEvents,
  type DestroyEvents,
} from '../../daemon/capture/sock-diag/destroy-events.ts'
import type { DiagRow } from '../../daemon/capture/sock-diag/diag-row.ts'
import {
  createSockDiag,
  NETLINK_SOCK_DIAG,
  type SockDiag,
} from '../../daemon/capture/sock-diag/dump.ts'
import { createNetnsDumps } from '../../daemon/capture/sock-diag/netns-dump.ts'
import { parseSs } from '../../daemon/capture/ss/parse.ts'
import { loadNative } from '../../daemon/native/load.ts'
import type { Native } from '../../daemon/native/native.ts'
import type { SocketRow } from '../../shared/model/observation.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { expectedOf, privateNetwork, startChild, textOf } from './capture-helpers.ts'

const loaded = await loadNative()
const isRoot = process.geteuid?.() === 0
const NOBODY = 65_534
/** SKNLGRP_INET_UDP_DESTROY and its like of IPv6 (linux/sock_diag.h), as bits. */
const UDP_GROUPS = 0b1010
const open: { close(): void }[] = []

afterAll(() => {
  for (const each of open) each.close()
})

/** Only asked for where the tests are not skipped. */
function native(): Native {
  if (!loaded.ok) throw new Error(loaded.reason, { cause: loaded.cause })
  return loaded.native
}

function openDiag(): SockDiag {
  const socket = native().netlink(NETLINK_SOCK_DIAG)
  const diag = createSockDiag({ socket, interfaceName: (index) => native().interfaceName(index) })
  open.push(diag)
  return diag
}

/** Runs something as a user without any privilege: the effective user decides, and comes back. */
function asNobody<T>(run: () => T): T {
  process.seteuid?.(NOBODY)
  try {
    return run()
  } finally {
    process.seteuid?.(0)
  }
}

function inodesOf(pid: number): ReadonlySet<number> {
  const inodes = new Set<number>()
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    const found = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))
    if (found !== null) inodes.add(Number(found[1]))
  }
  return inodes
}

interface Pair {
  readonly client: Socket
  readonly accepted: Socket
  readonly server: string
  end(): Promise<void>
}

/** A connection on loopback with both its ends here. */
async function connectedPair(): Promise<Pair> {
  const server = createServer({ allowHalfOpen: false }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const arrived = once(server, 'connection')
  const client = connect(port, '127.0.0.1')
  await once(client, 'connect')
  const [accepted] = (await arrived) as [Socket]
  accepted.on('error', () => undefined).resume()
  client.on('error', () => undefined).resume()
  return {
    client,
    accepted,
    server: `127.0.0.1 ${port}`,
    end: async () => {
      client.destroy()
      accepted.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The rows of both ends, the client's first. */
function rowsOf(diag: SockDiag, { client }: Pair): readonly [client: DiagRow, server: DiagRow] {
  const { rows } = diag.dump({ bytes: true })
  const mine = rows.find(
    ({ local, remote }) => local.port === client.localPort && remote?.port === client.remotePort,
  )
  const theirs = rows.find(
    ({ local, remote }) => local.port === client.remotePort && remote?.port === client.localPort,
  )
  if (mine === undefined || theirs === undefined) throw new Error('the connection is not listed')
  return [mine, theirs]
}

describe.skipIf(!loaded.ok)('the list of sockets', () => {
  it('has every kind of socket of a process, with inode, user and a cookie that stays', async () => {
    const diag = openDiag()
    const child = await startChild()
    try {
      const inodes = inodesOf(child.pid)
      const rowsNow = (): readonly DiagRow[] => {
        const { rows, complete, skipped } = diag.dump()
        expect({ complete, skipped }).toEqual({ complete: true, skipped: 0 })
        return rows.filter(({ inode }) => inode !== null && inodes.has(inode))
      }
      const rows = rowsNow()
      const texts = rows.map((row) => textOf({ ...row, cgroup: null, holders: [] }))
      expect(texts).toEqual(expect.arrayContaining(expectedOf(child.report)))
      expect(new Set(rows.map(({ uid }) => uid))).toEqual(new Set([process.geteuid?.()]))
      const cookies = (list: readonly DiagRow[]): string[] =>
        list.map(({ cookie }) => cookie).sort()
      expect(cookies(rowsNow())).toEqual(cookies(rows))
      expect(new Set(cookies(rows)).size).toBe(rows.length)
    } finally {
      await child.end()
    }
  })

  it.skipIf(!isRoot)(
    'is the same for a user without privilege (needs root to become one)',
    async () => {
      const child = await startChild()
      const diag = openDiag()
      const theirs = asNobody(() => {
        const plain = openDiag()
        return plain.dump({ bytes: true })
      })
      const inodes = inodesOf(child.pid)
      const ours = diag.dump({ bytes: true })
      await child.end()
      const held = ({ inode }: DiagRow): boolean => inode !== null && inodes.has(inode)
      expect(theirs.complete).toBe(true)
      expect(theirs.rows.filter(held)).toEqual(ours.rows.filter(held))
      expect(theirs.rows.filter(held).length).toBeGreaterThanOrEqual(
        expectedOf(child.report).length,
      )
    },
  )

  it.skipIf(findTool('ss') === null)('says what ss says (needs ss)', async () => {
    const diag = openDiag()
    const child = await startChild()
    try {
      const inodes = inodesOf(child.pid)
      const held = ({ inode }: { inode: number | null }): boolean =>
        inode !== null && inodes.has(inode)
      // All sockets of this machine, which may be thousands that have just been closed: more than the usual 1 MiB.
      const options = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const
      const text = execFileSync(findTool('ss') ?? '', ['-tunaeHO'], options)
      const bySs = byCookie(parseSs(text).rows.filter(held))
      expect(byCookie(diag.dump().rows.filter(held))).toEqual(bySs)
      expect(bySs.length).toBeGreaterThanOrEqual(expectedOf(child.report).length)
    } finally {
      await child.end()
    }
  })

  it('passes over the sockets that are known', () => {
    const diag = openDiag()
    const all = diag.dump()
    const half = new Set(all.rows.filter((_row, i) => i % 2 === 0).map(({ cookie }) => cookie))
    const text = (low: number, high: number): string =>
      (BigInt(high) * 2n ** 32n + BigInt(low)).toString(16)
    const rest = diag.dump({ isKnown: (low, high) => half.has(text(low, high)) })
    expect(rest.rows.some(({ cookie }) => half.has(cookie))).toBe(false)
    const nothing = diag.dump({ isKnown: () => true })
    expect(nothing.rows).toEqual([])
    expect(nothing.known).toBeGreaterThan(0)
  })

  it('leaves out the states that were not asked for', async () => {
    const diag = openDiag()
    const pair = await connectedPair()
    const LISTEN = 10
    const { rows, complete } = diag.dump({ states: { tcp: 1 << LISTEN, udp: 0 } })
    await pair.end()
    expect(complete).toBe(true)
    expect(new Set(rows.map(({ protocol, state }) => `${protocol} ${state}`))).toEqual(
      new Set(['tcp listen']),
    )
  })
})

/** What both tell; the control group has a path with one and a number with the other. */
function byCookie(rows: readonly (DiagRow | SocketRow)[]): readonly object[] {
  return rows
    .map(({ protocol, state, local, remote, inode, uid, cookie }) => {
      return { protocol, state, local, remote, inode, uid, cookie: cookie ?? '' }
    })
    .toSorted((a, b) => a.cookie.localeCompare(b.cookie))
}

describe.skipIf(!loaded.ok)('byte counts', () => {
  it('are those of the payload, each way, while it lives and at its end', async () => {
    const [up, down] = [300_000, 50_000]
    const diag = openDiag()
    const events = openEvents()
    const pair = await connectedPair()
    pair.client.write(Buffer.alloc(up))
    pair.accepted.write(Buffer.alloc(down))
    const [client, server] = rowsOf(diag, pair)
    const arrived = (): boolean =>
      diag.info(client)?.bytes?.received === down && diag.info(server)?.bytes?.received === up
    await waitFor(arrived, { what: 'all bytes', deadlineMs: 20_000 })
    expect(diag.info(client)?.bytes).toEqual({ sent: up, received: down })
    expect(rowsOf(diag, pair)[1].bytes).toEqual({ sent: down, received: up })
    pair.client.end()
    await once(pair.client, 'close')
    await pair.end()
    const ends = await endsOf(events, [client.cookie, server.cookie])
    // Whose FIN came last is not told, so one byte more may have been counted.
    expect([up, up + 1]).toContain(ends.get(server.cookie)?.bytes?.received)
    expect(ends.get(server.cookie)?.bytes?.sent).toBe(down)
    expect(diag.info(server)).toBeNull()
  })
})

/** `receiveBuffer` is the room, in bytes, of every queue that hears any of `groups`. */
function openEvents(receiveBuffer?: number, groups = ~0): DestroyEvents {
  const netlink: Native['netlink'] = (protocol, options) => {
    const isMeant = receiveBuffer !== undefined && ((options?.groups ?? 0) & groups) !== 0
    return native().netlink(protocol, isMeant ? { ...options, receiveBuffer } : options)
  }
  const events = createDestroyEvents({
    netlink,
    interfaceName: (index) => native().interfaceName(index),
  })
  open.push(events)
  return events
}

/** Waits until the ends of these sockets have been told; all that is told on the way is thrown away. */
async function endsOf(
  events: DestroyEvents,
  cookies: readonly string[],
): Promise<ReadonlyMap<string, DiagRow>> {
  const found = new Map<string, DiagRow>()
  await waitFor(
    () => {
      for (const row of events.drain().rows)
        if (cookies.includes(row.cookie)) found.set(row.cookie, row)
      return cookies.every((cookie) => found.has(cookie))
    },
    { what: () => `${found.size} of ${cookies.length} ends`, deadlineMs: 20_000 },
  )
  return found
}

describe.skipIf(!loaded.ok)('the ends of sockets', () => {
  it('are told with both addresses and the cookie of the list', async () => {
    const [diag, events] = [openDiag(), openEvents()]
    const pair = await connectedPair()
    const [client, server] = rowsOf(diag, pair)
    pair.accepted.end()
    await once(pair.client, 'close')
    await pair.end()
    const ends = await endsOf(events, [client.cookie, server.cookie])
    for (const row of [client, server]) {
      const { local, remote } = row
      expect(ends.get(row.cookie)).toMatchObject({
        protocol: 'tcp',
        state: 'closing',
        local,
        remote,
      })
    }
  })

  it('have neither peer nor counts where the connection was aborted', async () => {
    const [diag, events] = [openDiag(), openEvents()]
    const pair = await connectedPair()
    pair.client.write('something')
    const [client, server] = rowsOf(diag, pair)
    pair.client.resetAndDestroy()
    await once(pair.accepted, 'close')
    await pair.end()
    const ends = await endsOf(events, [client.cookie, server.cookie])
    expect(ends.get(client.cookie)).toMatchObject({ remote: null, bytes: null })
    expect(ends.get(server.cookie)?.remote).toEqual(server.remote)
  })

  it('are told of UDP', async () => {
    const [diag, events] = [openDiag(), openEvents()]
    const socket = dgram.createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    socket.connect(9, '127.0.0.1')
    await once(socket, 'connect')
    const { port } = socket.address()
    const listed = diag.dump().rows.find((row) => row.protocol === 'udp' && row.local.port === port)
    socket.close()
    const cookie = listed?.cookie ?? ''
    expect((await endsOf(events, [cookie])).get(cookie)).toMatchObject({
      protocol: 'udp',
      state: 'connected',
      remote: { address: '127.0.0.1', port: 9 },
      bytes: null,
    })
  })

  it('are not pushed out by the many of UDP', async () => {
    // Room for a hundred where UDP is heard. What others end meanwhile by TCP has the usual room.
    const [diag, events, observer] = [openDiag(), openEvents(65_536, UDP_GROUPS), openEvents()]
    const pair = await connectedPair()
    const cookies = rowsOf(diag, pair).map(({ cookie }) => cookie)
    for (let i = 0; i < 200; i += 1) {
      const socket = dgram.createSocket('udp4')
      socket.bind(0, '127.0.0.1')
      await once(socket, 'listening')
      socket.close()
    }
    // Told some time after the close, when nothing in the kernel looks at the socket any more.
    let told = 0
    await waitFor(
      () => {
        told += observer.drain().rows.filter(({ protocol }) => protocol === 'udp').length
        return told >= 200
      },
      { what: () => `${told} ends of UDP`, deadlineMs: 20_000 },
    )
    await pair.end()
    expect((await endsOf(events, cookies)).size).toBe(2)
  })

  it('are said to be lost when they are', async () => {
    const events = openEvents(1)
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    server.on('connection', (socket) => socket.end())
    for (let i = 0; i < 20; i += 1) await once(connect(port, '127.0.0.1').resume(), 'close')
    server.close()
    await once(server, 'close')
    const { overrun, rows } = await waitFor(
      () => {
        const drained = events.drain()
        return drained.overrun ? drained : null
      },
      { what: 'an overrun', deadlineMs: 20_000 },
    )
    expect(overrun).toBe(true)
    expect(rows.length).toBeLessThan(40)
  })
})

describe.skipIf(!loaded.ok)('another network namespace', () => {
  const network = loaded.ok ? privateNetwork() : null
  const own = loaded.ok ? readlinkSync('/proc/self/ns/net') : ''
  const startThere = async (): ReturnType<typeof startChild> =>
    await startChild(['203.0.113.10'], network ?? undefined)
  const netnsOf = (pid: number): string => readlinkSync(`/proc/${pid}/ns/net`)

  it.skipIf(network === null || !isRoot)(
    'is listed through a kept socket (needs root)',
    async () => {
      const child = await startThere()
      const netns = netnsOf(child.pid)
      const dumps = createNetnsDumps(native())
      try {
        const door = dumps.through(netns, child.pid)
        if (door.kind !== 'open') throw new Error(door.kind)
        expect(readlinkSync('/proc/self/ns/net')).toBe(own)
        const { rows, complete } = door.diag.dump()
        const texts = rows.map((row) => textOf({ ...row, cgroup: null, holders: [] }))
        expect(complete).toBe(true)
        expect(texts).toEqual(expect.arrayContaining(expectedOf(child.report)))
        expect(dumps.through(netns, 1)).toBe(door)
        const client = rows.find(({ local }) => local.port === child.report.clients[0])
        if (client === undefined) throw new Error('not listed')
        expect(door.diag.info(client)?.bytes).toEqual({ sent: 0, received: 0 })
        await child.end()
        expect((await endsOf(door.events ?? openEvents(), [client.cookie])).size).toBe(1)
      } finally {
        dumps.close()
        await child.end()
      }
    },
  )

  it.skipIf(network === null)('is denied to who may not enter it', async () => {
    const child = await startThere()
    const through = (): string =>
      createNetnsDumps(native()).through(netnsOf(child.pid), child.pid).kind
    try {
      // A plain user cannot even read the link of a process of another.
      expect(isRoot ? asNobodyInto(child.pid) : through()).toBe('denied')
      expect(readlinkSync('/proc/self/ns/net')).toBe(own)
    } finally {
      await child.end()
    }
  })

  function asNobodyInto(pid: number): string {
    const netns = netnsOf(pid)
    return asNobody(() => createNetnsDumps(native()).through(netns, pid).kind)
  }

  it.skipIf(!isRoot)(
    'is not taken for another when its process has moved or ended (needs root)',
    () => {
      const dumps = createNetnsDumps(native())
      expect(dumps.through('net:[1]', process.pid)).toEqual({ kind: 'gone' })
      expect(dumps.through('net:[1]', 4_194_304)).toEqual({ kind: 'gone' })
    },
  )

  it.skipIf(!isRoot || network === null)(
    'is left again when the visit fails (needs root)',
    async () => {
      const child = await startThere()
      try {
        const visit = (): never =>
          native().inNetns(`/proc/${child.pid}/ns/net`, () => {
            throw new Error(readlinkSync('/proc/thread-self/ns/net'))
          })
        expect(visit).toThrow(netnsOf(child.pid))
        expect(readlinkSync('/proc/thread-self/ns/net')).toBe(own)
      } finally {
        await child.end()
      }
    },
  )
})
