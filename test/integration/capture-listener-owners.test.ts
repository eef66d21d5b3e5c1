import { afterEach, describe, expect, it } from 'vitest'
import { createListenerOwners } from '../../daemon/capture/listener-owners.ts'
import { createLsofListenerOwners } from '../../daemon/capture/lsof/listener-owners.ts'
import { findTool, runTool } from '../../daemon/capture/run-tool.ts'
import type { ListenerOwners } from '../../daemon/ports.ts'
import type { SocketRow } from '../../shared/model/observation.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import { rowsOf, type SocketChild, sampleUntil, startChild, watch } from './capture-helpers.ts'

const lsof = findTool('lsof')
const monotonicMs = (): number => performance.now()

let child: SocketChild | null = null
afterEach(async () => {
  await child?.end()
  child = null
})

function processOf(pid: number, key = `test:${pid}:0:0`): Process {
  const uid = process.geteuid?.() ?? 0
  return { pid, ppid: 1, uid, startTicks: pid, key } as unknown as Process
}
const tableOf = (...processes: Process[]): ProcessTable => ({
  at: 0,
  processes: new Map(processes.map((process) => [process.pid, process])),
})

async function listenerOf({ pid, report }: SocketChild): Promise<SocketRow> {
  const batch = await sampleUntil('ss', [watch(pid)], (each) => rowsOf(each, pid).length > 0)
  const row = batch.snapshots[0]?.rows.find(
    ({ state, local }) => state === 'listen' && local.port === report.v4,
  )
  if (row === undefined) throw new Error('the listener is not listed')
  return row
}

const KINDS: readonly (readonly [string, () => ListenerOwners])[] = [
  ['descriptors', () => createListenerOwners({ monotonicMs })],
  ['lsof', () => createLsofListenerOwners({ tool: lsof ?? '', runTool, monotonicMs }, 0)],
]

describe.skipIf(lsof === null || process.platform !== 'linux')(
  'who listens (needs ss and lsof, on Linux)',
  () => {
    it.each(KINDS)('is told by %s', async (_name, create) => {
      child = await startChild()
      const listener = await listenerOf(child)
      const table = tableOf(processOf(process.pid), processOf(child.pid))
      expect(await create().ownerOf(listener, table)).toMatchObject({
        kind: 'process',
        process: { pid: child.pid },
      })
    })

    it('is the outermost of several, and nobody once it is gone', async () => {
      child = await startChild(['127.0.0.1', 'share'])
      const heir = child.report.child ?? 0
      const batch = await sampleUntil('ss', [watch(child.pid), watch(heir)], (each) =>
        rowsOf(each, heir).some((row) => row.includes(' established ')),
      )
      const shared = batch.snapshots
        .flatMap(({ rows }) => rows)
        .find(({ holders }) => holders.length === 2)
      if (shared === undefined) throw new Error('no socket is shared')
      const owners = createListenerOwners({ monotonicMs })
      const inner = { ...processOf(heir), ppid: child.pid, startTicks: 0 }
      const table = tableOf(inner, processOf(child.pid))
      expect(await owners.ownerOf(shared, table)).toMatchObject({ process: { pid: child.pid } })
      // The same pid with another key is another program: what was remembered of it no longer counts.
      await child.end()
      expect(await owners.ownerOf(shared, tableOf(processOf(process.pid)))).toEqual({
        kind: 'none',
      })
    })

    it('may be hidden in a process that cannot be read', async () => {
      child = await startChild()
      const listener = await listenerOf(child)
      const mine = process.geteuid?.() ?? 0
      const owners = createListenerOwners({ monotonicMs, uid: mine === 0 ? 65_534 : mine })
      const foreign = { ...processOf(child.pid), uid: 0 }
      const answer = await owners.ownerOf({ ...listener, uid: 0 }, tableOf(foreign))
      expect(answer).toEqual({ kind: 'unreadable' })
    })
  },
)
