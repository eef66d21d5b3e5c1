/** A container's network as a plain user sees it, to whom its processes are closed: real namespaces, real engines. */
import { readFileSync, readlinkSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { createBreathe } from '../../daemon/capture/descriptors.ts'
import { createHeldReader } from '../../daemon/capture/held.ts'
import { createOtherNamespaces, ownNetns } from '../../daemon/capture/other-namespaces.ts'
import { findTool } from '../../daemon/capture/run-tool.ts'
import { containerNetns } from '../../shared/model/container.ts'
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { Batch, SocketRow, WatchedProcess } from '../../shared/model/observation.ts'
import { sampleUntil } from './capture-helpers.ts'
import { endWorkers, listen, startWorker, type Worker } from './sock-diag-engine-workers.ts'

const NOBODY = 65_534
const HOST = '203.0.113.10'
const NAME = containerNetns('0123456789abcdef')
/** Root’s, in a network of its own, as an engine that runs as root makes it. */
const APART = `ip link set lo up; ip address add ${HOST}/32 dev lo; exec "$@"`
const why = process.geteuid?.() !== 0 ? 'needs root' : findTool('ip') === null ? 'needs ip' : null

afterEach(async () => {
  process.seteuid?.(0)
  await endWorkers()
})

const startApart = async (): Promise<Worker> =>
  await startWorker({ before: ['unshare', '--net', 'sh', '-c', APART, 'sh'] })

function watched(pid: number, netns = NAME): WatchedProcess {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  return { key: `boot:${pid}:${ticks}:0` as ProcessKey, pid, netns, kind: 'member' }
}

async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  process.seteuid?.(NOBODY)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}

/** A worker with one connection in its network. */
async function connected(): Promise<{ readonly worker: Worker; readonly port: number }> {
  const worker = await startApart()
  const { port } = await worker.tell<{ port: number }>('listen', { host: HOST })
  await worker.tell('connect', { host: HOST, port })
  return { worker, port }
}

const reaches =
  (port: number) =>
  ({ remote }: SocketRow): boolean =>
    remote?.address === HOST && remote.port === port

describe.skipIf(why !== null)(
  `a plain user beside a container of root’s${why === null ? '' : ` (${why})`}`,
  () => {
    it('is not told of its network, and reads its sockets all the same', async () => {
      const { worker, port } = await connected()
      const process = watched(worker.pid)
      await asNobody(async () => {
        expect(() => readlinkSync(`/proc/${worker.pid}/ns/net`)).toThrow(/EACCES/)
        const read = await createOtherNamespaces('/proc').read(ownNetns('/proc'), [process])
        expect(read).toMatchObject({
          unreadable: false,
          namespaces: [{ netns: NAME, complete: true }],
        })
        expect(read.namespaces[0]?.rows.filter(reaches(port))).toHaveLength(1)
      })
    })

    it('does not count it among those that hide what they hold', async () => {
      const worker = await startApart()
      const breathe = createBreathe(() => performance.now())
      const [named, other] = [watched(worker.pid), watched(worker.pid, 'net:[1]')]
      await asNobody(async () => {
        const reader = createHeldReader('/proc', breathe)
        expect((await reader.read([named], false)).unreadable.size).toBe(0)
        expect((await reader.read([other], false)).unreadable.size).toBe(1)
      })
    })

    it.each(['ss', 'lsof'] as const)('%s tells them under the container’s name', async (name) => {
      const { worker, port } = await connected()
      const process = watched(worker.pid)
      const of = (batch: Batch): readonly SocketRow[] =>
        batch.snapshots.find(({ netns }) => netns === NAME)?.rows ?? []
      await asNobody(async () => {
        const batch = await sampleUntil(name, [process], (each) => of(each).some(reaches(port)))
        expect(batch.unreadable).toEqual([])
        // And nowhere else.
        expect(batch.snapshots.filter(({ rows }) => rows.some(reaches(port)))).toHaveLength(1)
      })
    })

    it('takes none of this machine’s own sockets for a container’s', async () => {
      const worker = await startWorker()
      const port = await listen(worker)
      await worker.tell('connect', { host: '127.0.0.1', port })
      const process = watched(worker.pid)
      await asNobody(async () => {
        const read = await createOtherNamespaces('/proc').read(ownNetns('/proc'), [process])
        expect(read).toEqual({ unreadable: true, namespaces: [] })
      })
    })

    it('reads nothing of another process that was given the number since', async () => {
      const { worker } = await connected()
      const { pid, ...rest } = watched(worker.pid)
      const earlier = { ...rest, pid, key: `boot:${pid}:1:0` as ProcessKey }
      await asNobody(async () => {
        const read = await createOtherNamespaces('/proc').read(ownNetns('/proc'), [earlier])
        expect(read).toEqual({ unreadable: false, namespaces: [] })
      })
    })
  },
)

describe.skipIf(why !== null)(
  `a process that ends while its network is read${why === null ? '' : ` (${why})`}`,
  () => {
    const ROUNDS = 150
    const LIMIT_MS = 20_000

    it.each([
      ['root', 0],
      ['a plain user', NOBODY],
    ])('leaves all of it or nothing to %s', async (_, uid) => {
      // What holds the sockets stays; what is watched, the way to them, ends.
      const worker = await startApart()
      for (const host of [HOST, '::1']) {
        await worker.tell('listen', { host })
        await worker.tell('udp', { host })
      }
      const netns = uid === 0 ? readlinkSync(`/proc/${worker.pid}/ns/net`) : NAME
      const end = performance.now() + LIMIT_MS
      const seen = { all: 0, none: 0 }
      // How long it takes here, now: the ends are to come before it, in the middle and after.
      const readMs = 5
      for (let round = 0; round < ROUNDS && performance.now() < end; round += 1) {
        const { pid } = await worker.tell<{ pid: number }>('start', {
          command: 'sleep',
          args: ['60'],
        })
        const door = watched(pid, netns)
        const killed = worker.tell('kill', { pid, ms: Math.random() * 3 * readMs })
        process.seteuid?.(uid)
        const { namespaces } = await createOtherNamespaces('/proc').read(ownNetns('/proc'), [door])
        process.seteuid?.(0)
        await killed
        if (namespaces.length === 0) {
          seen.none += 1
          continue
        }
        expect(namespaces).toMatchObject([{ netns, complete: true }])
        const kinds = namespaces[0]?.rows.map((row) => `${row.protocol} ${row.local.address}`)
        expect(kinds?.toSorted()).toEqual(
          [`tcp ${HOST}`, 'tcp ::1', `udp ${HOST}`, 'udp ::1'].toSorted(),
        )
        seen.all += 1
      }
      expect(seen.all).toBeGreaterThan(0)
      expect(seen.none).toBeGreaterThan(0)
    })
  },
)
