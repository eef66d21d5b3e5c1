import { describe, expect, it } from 'vitest'
import type { OtherNamespacesReader } from '../../../daemon/capture/other-namespaces.ts'
import type { DestroyEvents } from '../../../daemon/capture/sock-diag/destroy-events.ts'
import type { DiagRow } from '../../../daemon/capture/sock-diag/diag-row.ts'
import type { SockDiag } from '../../../daemon/capture/sock-diag/dump.ts'
import { createSpace } from '../../../daemon/capture/sock-diag/space.ts'
import { createWatcher } from '../../../daemon/capture/sock-diag/watcher.ts'
import type { WatchedProcess } from '../../../shared/model/observation.ts'

const server: WatchedProcess = {
  key: 'test:7:0:0' as WatchedProcess['key'],
  pid: 7,
  netns: 'net:[2]',
  kind: 'member',
}
const made: DiagRow = {
  protocol: 'tcp',
  state: 'established',
  local: { address: '192.0.2.1', port: 40_000, zone: null },
  remote: { address: '203.0.113.9', port: 443, zone: null },
  inode: 1_001,
  uid: 1000,
  cookie: '1',
  cgroupId: null,
  bytes: null,
}

function diagOf(rows: readonly DiagRow[], packets: SockDiag['packets']): SockDiag {
  return {
    dump: () => ({ complete: true, rows, known: 0, skipped: 0, failure: null }),
    info: () => null,
    packets,
    close() {},
  }
}

interface Setting {
  readonly closes?: DestroyEvents
  readonly monotonicMs?: () => number
  /** Of the second namespace. */
  readonly packets?: SockDiag['packets']
  /** Descriptors are read. */
  readonly onRead?: () => void
  readonly readOthers?: () => Promise<NotEntered>
}
type NotEntered = Awaited<ReturnType<OtherNamespacesReader['read']>>

const NONE: SockDiag['packets'] = () => new Set()
const NOT_ENTERED: NotEntered = { namespaces: [], unreadable: false }

/** Two namespaces; the server runs in the second, at every look. */
function watcherOn(rows: readonly DiagRow[], setting: Setting = {}) {
  const { closes = null, monotonicMs = () => 1_000, packets = NONE } = setting
  const own = createSpace('net:[1]', diagOf(rows, NONE), closes)
  const other = createSpace('net:[2]', diagOf([], packets), null)
  const clock = { wallMs: () => 1_000, monotonicMs }
  const holder = { process: server.key, pid: server.pid }
  const watcher = createWatcher({
    clock,
    uid: 0,
    spaces: {
      own,
      follow() {},
      all: () => [own, other],
      of: ({ netns }) => (netns === 'net:[2]' ? other : own),
      close() {},
    },
    others: { read: setting.readOthers ?? (async () => NOT_ENTERED) },
    gate: {
      look: (pids) => ({ moved: [...pids], gone: [], unreadable: [] }),
      nextDelayMs: () => 20,
      takeAttention: () => [],
      idleDelayMs: 40,
    },
    births: {
      watch() {},
      since: () => ({ born: [], started: false, stirred: false, lost: false }),
      newKin: () => [],
      isMember: () => false,
      parentOf: () => null,
      isWorking: () => true,
      whyNot: () => null,
      close() {},
    },
    held: {
      async read(processes) {
        setting.onRead?.()
        const held = processes.some(({ pid }) => pid === 7) ? [[1_001, [holder]] as const] : []
        return { held: new Map(held), unreadable: new Set() }
      },
    },
    bystanders: { unclaimed: async () => new Set() },
    see: () => [],
  })
  watcher.watch([server], new Set())
  return watcher
}

describe('the watcher', () => {
  it('finds what a process connects here that has left for another network namespace', async () => {
    const watcher = watcherOn([made])
    expect(await watcher.pulse()).toBe('socket')
    const { snapshots, others } = await watcher.batch()
    expect(snapshots.map(({ netns, rows }) => [netns, rows.length])).toEqual([
      ['net:[1]', 1],
      ['net:[2]', 0],
    ])
    expect(others).toEqual({ foreign: 0, unknown: 0 })
  })

  it('has what ended since the last batch to tell at the end, once, and proves nothing by absence', async () => {
    let ended: readonly DiagRow[] = []
    const closes: DestroyEvents = {
      drain() {
        const rows = ended
        ended = []
        return { rows, overrun: false }
      },
      close() {},
    }
    const watcher = watcherOn([made], { closes })
    expect(watcher.lastBatch()).toBeNull()
    await watcher.pulse()
    await watcher.batch()
    expect(watcher.lastBatch()).toBeNull()
    ended = [{ ...made, bytes: { sent: 3, received: 4 } }]
    expect(watcher.lastBatch()?.snapshots).toMatchObject([
      {
        netns: 'net:[1]',
        complete: false,
        hostWide: false,
        rows: [{ cookie: '1', endedAt: 1_000, bytes: { sent: 3, received: 4 } }],
      },
      { netns: 'net:[2]', complete: false, rows: [] },
    ])
    expect(watcher.lastBatch()).toBeNull()
  })

  it('looks for what a client opens every two seconds, and only where somebody opened something', async () => {
    let now = 1_000
    const reads: number[] = []
    const rows: DiagRow[] = []
    const onRead = (): void => void reads.push(now)
    const watcher = watcherOn(rows, { monotonicMs: () => now, onRead })
    watcher.watch([{ ...server, netns: 'net:[1]', kind: 'client' }], new Set())
    const found = async () => (await watcher.batch()).snapshots.flatMap((each) => each.rows).length
    expect(await found()).toBe(0)
    now = 4_000
    expect(await found()).toBe(0)
    rows.push(made)
    now = 5_000
    expect(await found()).toBe(0)
    expect(reads).toEqual([1_000])
    now = 6_000
    expect(await found()).toBe(1)
    expect(reads).toEqual([1_000, 6_000])
  })

  it('tells once of a packet socket that a watched process holds, asked for every ten seconds', async () => {
    let now = 1_000
    let asked = 0
    let listed: ReadonlySet<number> = new Set()
    const packets = (): ReadonlySet<number> => {
      asked += 1
      return listed
    }
    const watcher = watcherOn([], { packets, monotonicMs: () => now })
    const look = async () => {
      await watcher.pulse()
      return (await watcher.batch()).rawSockets
    }
    expect([await look(), asked]).toEqual([undefined, 1])
    // 1001 is in the descriptors of the server, 5 in nobody's.
    listed = new Set([5, 1_001])
    now += 9_000
    expect([await look(), asked]).toEqual([undefined, 1])
    now += 1_000
    const holder = { process: server.key, pid: server.pid }
    expect(await look()).toEqual([{ holder, family: 'packet', at: 1_000 }])
    now += 10_000
    expect([await look(), asked]).toEqual([undefined, 3])
  })

  it('tells of a packet socket with the next batch where one could not be finished', async () => {
    let failures = 1
    const watcher = watcherOn([], {
      packets: () => new Set([1_001]),
      async readOthers() {
        failures -= 1
        if (failures >= 0) throw new Error('no files left')
        return NOT_ENTERED
      },
    })
    await expect(watcher.batch()).rejects.toThrow('no files left')
    expect((await watcher.batch()).rawSockets).toMatchObject([{ family: 'packet' }])
    expect((await watcher.batch()).rawSockets).toBeUndefined()
  })
})
