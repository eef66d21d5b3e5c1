/** The ends of sockets as the kernel tells of them, beside what is known of real ones. */
import dgram from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { waitFor } from '../helpers/wait-for.ts'
import { connectedPair, endsOf, loaded, openDiag, openEvents, rowsOf } from './sock-diag-lists.ts'

/** SKNLGRP_INET_UDP_DESTROY and its like of IPv6 (linux/sock_diag.h), as bits. */
const UDP_GROUPS = 0b1010

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
