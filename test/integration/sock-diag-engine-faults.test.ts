/** What the engine `sock-diag` does when the kernel refuses, loses or interrupts; how it ends. */
import { readdirSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { type Native, type NetlinkSocket, nativeFault } from '../../daemon/native/native.ts'
import type { SocketRow } from '../../shared/model/observation.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { loaded, stopWatching, watchOver } from './sock-diag-engine.ts'
import { endWorkers, listen, startWorker } from './sock-diag-engine-workers.ts'

const host = '127.0.0.1'
const SOCK_DIAG = 4
const to =
  (port: number) =>
  ({ remote }: SocketRow): boolean =>
    remote?.port === port

afterEach(async () => {
  await stopWatching()
  await endWorkers()
})

/** Changes the sockets of sock_diag that are opened from now on; those that hear of ends have groups. */
function changed(
  change: (socket: NetlinkSocket, hears: boolean) => Partial<NetlinkSocket>,
): (native: Native) => Native {
  return (native) => ({
    ...native,
    netlink(protocol, options) {
      const socket = native.netlink(protocol, options)
      if (protocol !== SOCK_DIAG) return socket
      return {
        send: (message) => socket.send(message),
        receive: (into) => socket.receive(into),
        addMembership: (group) => socket.addMembership(group),
        attachFilter: (program) => socket.attachFilter(program),
        close: () => socket.close(),
        ...change(socket, options?.groups !== undefined),
      }
    },
  })
}

describe.skipIf(!loaded.ok)('a kernel that refuses', () => {
  it('leaves the next rung, with the reason, and no descriptor behind', async () => {
    const before = descriptors()
    const refusing = changed((_socket, hears) => ({
      send() {
        if (!hears) throw nativeFault('send', 'EPERM')
      },
    }))
    const watching = await watchOver([process.pid], { native: refusing })
    const { name, degraded } = watching.engine.describe()
    expect(name).toBe('ss')
    expect(degraded).toContainEqual({
      code: 'better-engine-refused',
      message:
        'The better engine sock-diag is not used: the kernel lists no sockets to us (EPERM).',
    })
    await watching.stop()
    await waitFor(() => descriptors() <= before, {
      what: 'no descriptor of the engine',
      deadlineMs: 20_000,
    })
  })

  it('is left for the next rung while it watches', async () => {
    let refuses = false
    const late = changed((socket, hears) => ({
      send(message) {
        if (!hears && refuses) throw nativeFault('send', 'EACCES')
        socket.send(message)
      },
    }))
    const worker = await startWorker()
    const watching = await watchOver([worker.pid], { native: late })
    expect(watching.engine.describe().name).toBe('sock-diag')
    refuses = true
    await waitFor(() => watching.engine.describe().name === 'ss', {
      what: 'the next rung',
      deadlineMs: 30_000,
    })
    expect(watching.faults.length).toBeGreaterThanOrEqual(3)
    const { degraded } = watching.engine.describe()
    expect(degraded.map(({ message }) => message).join()).toContain('EACCES')
  })

  it('is not asked where koffi is missing', async () => {
    const missing = { ok: false, reason: 'koffi-missing', cause: null } as const
    const watching = await watchOver([process.pid], { loaded: missing })
    const { name, degraded } = watching.engine.describe()
    expect(name).toBe('ss')
    expect(degraded.map(({ message }) => message).join()).toContain('koffi')
  })

  it('or that lost closes opens a gap since the last that were heard', async () => {
    let loses = false
    const losing = changed((socket, hears) => ({
      receive(into) {
        if (!hears || !loses) return socket.receive(into)
        loses = false
        throw nativeFault('recv', 'ENOBUFS')
      },
    }))
    const worker = await startWorker()
    const watching = await watchOver([worker.pid], { native: losing })
    expect(watching.batches.every(({ lostSince }) => lostSince === undefined)).toBe(true)
    const heardAt = watching.batches.at(-1)?.at ?? Date.now()
    loses = true
    const gap = await waitFor(
      () => watching.batches.find(({ lostSince }) => lostSince !== undefined),
      { what: 'a gap', deadlineMs: 10_000 },
    )
    expect(gap.lostSince).toBeGreaterThan(heardAt - 1_000)
    expect(gap.lostSince).toBeLessThanOrEqual(gap.at)
    await watching.nextBatch()
    expect(watching.batches.at(-1)?.lostSince).toBeUndefined()
  })

  it('or that interrupts a list makes nothing vanish', async () => {
    let interrupts = false
    const interrupting = changed((socket, hears) => ({
      receive(into) {
        const length = socket.receive(into)
        // NLM_F_DUMP_INTR (linux/netlink.h) in the flags of the first message.
        if (!hears && interrupts && length >= 8) into[6] = (into[6] ?? 0) | 0x10
        return length
      },
    }))
    const [worker, peer] = [await startWorker(), await startWorker()]
    const port = await listen(peer)
    await worker.tell('connect', { host, port })
    const watching = await watchOver([worker.pid], { native: interrupting })
    await watching.held(to(port))
    interrupts = true
    const during = watching.batches.length
    await worker.tell('connect', { host, port })
    const cut = await waitFor(
      () =>
        watching.batches.slice(during).find(({ snapshots }) => snapshots[0]?.complete === false),
      { what: 'a batch that says it is cut', deadlineMs: 15_000 },
    )
    expect(cut.snapshots[0]?.rows.filter(to(port))).toHaveLength(1)
    interrupts = false
    await waitFor(() => watching.stories(to(port)).length === 2, {
      what: 'both connections',
      deadlineMs: 15_000,
    })
    expect(watching.stories(to(port)).every(({ ends }) => ends === 0)).toBe(true)
  })
})

describe.skipIf(!loaded.ok)('the end of sock-diag', () => {
  it('loses no connection that ended since the last batch, and tells nothing after', async () => {
    const [worker, peer] = [await startWorker(), await startWorker()]
    for (const close of ['own', 'peer']) {
      // One that lives for so short a time may slip through on a busy machine, and says nothing then.
      const stopAfterOne = async () => {
        const port = await listen(peer)
        const watching = await watchOver([worker.pid])
        await worker.tell('connect', { host, port, ms: 40, close })
        await watching.stop()
        const ends = watching.stories(to(port)).map((story) => story.ends)
        return ends.length > 0 && { watching, ends }
      }
      const { watching, ends } = await waitFor(stopAfterOne, {
        what: 'a connection that was seen',
        deadlineMs: 20_000,
      })
      const told = watching.batches.length
      expect(ends).toEqual([1])
      await watchOver([worker.pid])
      expect(watching.batches.length).toBe(told)
    }
  })

  it('comes within 100 ms and leaves no descriptor', async () => {
    const worker = await startWorker()
    const before = descriptors()
    // The quickest of some: what else the machine does holds the others up.
    let leastMs = Number.POSITIVE_INFINITY
    for (let i = 0; i < 5; i += 1) {
      const watching = await watchOver([worker.pid])
      const from = performance.now()
      await watching.stop()
      leastMs = Math.min(leastMs, performance.now() - from)
    }
    expect(leastMs).toBeLessThan(100)
    await waitFor(() => descriptors() <= before, {
      what: () => `${descriptors()} descriptors, before ${before}`,
      deadlineMs: 20_000,
    })
  })
})

function descriptors(): number {
  return readdirSync('/proc/self/fd').length
}
