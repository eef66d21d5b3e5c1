/** The kernel’s lists of sockets in another network namespace. */
import { readlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createNetnsDumps } from '../../daemon/capture/sock-diag/netns-dump.ts'
import { expectedOf, privateNetwork, startChild, textOf } from './capture-helpers.ts'
import { asNobody, endsOf, loaded, native, openEvents } from './sock-diag-lists.ts'

const isRoot = process.geteuid?.() === 0

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
