/** The kernel's own list of our listeners, and whose they are. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { createListenerOwners } from '../../daemon/capture/listener-owners.ts'
import { createOwnListeners } from '../../daemon/capture/own-listeners.ts'
import { loadNative } from '../../daemon/native/load.ts'
import { nativeFault } from '../../daemon/native/native.ts'
import { makeProcess, tableOf } from '../unit/connections/build.ts'

/** Takes a listening socket that it is sent. */
const IDLE = new URL('../helpers/take-socket.mjs', import.meta.url)

const loaded = await loadNative()
const hasIpv6 = existsSync('/proc/net/if_inet6')

it.skipIf(!loaded.ok)(
  'lists a listener from its first moment to its last (Linux only)',
  async () => {
    if (!loaded.ok) return
    const list = createOwnListeners(loaded.native)
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const find = () => list()?.find(({ local }) => local.port === port)
    const row = find()
    expect(row).toMatchObject({ state: 'listen', local: { address: '127.0.0.1' }, remote: null })
    expect(list()?.every(({ state }) => state === 'listen')).toBe(true)
    const owners = createListenerOwners({ monotonicMs: () => performance.now() })
    const self = makeProcess(process.pid, 1, { uid: process.getuid?.() ?? 0 })
    if (row === undefined) throw new Error('it is not listed')
    // The table is older than the process: that nobody was found is not the last word.
    expect((await owners.ownerOf(row, tableOf())).kind).toBe('none')
    expect((await owners.ownerOf(row, tableOf(self))).kind).toBe('none')
    expect(await owners.ownerOf(row, tableOf(self), true)).toMatchObject({
      kind: 'process',
      process: { pid: process.pid },
    })
    server.close()
    await once(server, 'close')
    expect(find()).toBeUndefined()
  },
)

it.skipIf(!loaded.ok || !hasIpv6)(
  'tells which listeners at :: take no IPv4 (Linux with IPv6 only)',
  async () => {
    if (!loaded.ok) return
    const list = createOwnListeners(loaded.native)
    for (const ipv6Only of [true, false]) {
      const server = createServer().listen({ port: 0, host: '::', ipv6Only })
      await once(server, 'listening')
      const address = server.address()
      const port = typeof address === 'object' ? address?.port : undefined
      const row = list()?.find(({ local }) => local.port === port)
      expect([row?.local.address, row?.v6Only]).toEqual(['::', ipv6Only ? true : undefined])
      server.close()
      await once(server, 'close')
    }
  },
)

it.skipIf(!loaded.ok)(
  'names the service and not who made its socket for it (Linux only)',
  async () => {
    if (!loaded.ok) return
    const list = createOwnListeners(loaded.native)
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const row = list()?.find(({ local }) => local.port === port)
    const service = fork(IDLE, [], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    try {
      await once(service, 'message')
      service.send('take', server)
      await once(service, 'message')
      const uid = process.getuid?.() ?? 0
      const maker = makeProcess(process.pid, 1, { uid, executable: '/usr/lib/systemd/systemd' })
      const taker = makeProcess(service.pid ?? 0, process.pid, { uid })
      const owners = createListenerOwners({ monotonicMs: () => performance.now() })
      if (row === undefined) throw new Error('it is not listed')
      expect(await owners.ownerOf(row, tableOf(maker, taker))).toMatchObject({
        process: { pid: service.pid },
      })
      const alone = createListenerOwners({ monotonicMs: () => performance.now() })
      expect(await alone.ownerOf(row, tableOf(maker))).toMatchObject({
        process: { pid: process.pid },
      })
    } finally {
      service.kill('SIGKILL')
      server.close()
    }
  },
)

it.skipIf(!loaded.ok)('says so where the kernel refuses, and asks no more (Linux only)', () => {
  if (!loaded.ok) return
  let asked = 0
  const list = createOwnListeners({
    ...loaded.native,
    netlink: () => {
      asked += 1
      throw nativeFault('socket', 'EPERM')
    },
  })
  expect([list(), list(), asked]).toEqual([null, null, 1])
})
