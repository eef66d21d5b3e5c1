import { describe, expect, it } from 'vitest'
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

function diagOf(rows: readonly DiagRow[]): SockDiag {
  return {
    dump: () => ({ complete: true, rows, known: 0, skipped: 0, failure: null }),
    info: () => null,
    close() {},
  }
}

/** Two namespaces; the server runs in the second, at every look. */
function watcherOn(rows: readonly DiagRow[], closes: DestroyEvents | null = null) {
  const own = createSpace('net:[1]', diagOf(rows), closes)
  const other = createSpace('net:[2]', diagOf([]), null)
  const clock = { wallMs: () => 1_000, monotonicMs: () => 1_000 }
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
    others: { read: async () => ({ namespaces: [], unreadable: false }) },
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
      read: async (processes) => ({
        held: new Map(processes.some(({ pid }) => pid === 7) ? [[1_001, [holder]]] : []),
        unreadable: new Set(),
      }),
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
    const watcher = watcherOn([made], {
      drain() {
        const rows = ended
        ended = []
        return { rows, overrun: false }
      },
      close() {},
    })
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
})
