/** The source of Linux over a /proc in memory, and its next table whenever a second has passed. */
import type { ProcessSource } from '../../../daemon/ports.ts'
import { createProcSource } from '../../../daemon/processes/proc-source.ts'
import type { Process } from '../../../shared/model/process.ts'
import { createFakeProc, type FakeProc } from './fake-proc.ts'

const NOBODY: ReadonlySet<number> = new Set()

export interface Tables {
  readonly proc: FakeProc
  readonly source: ProcessSource
  readonly clock: {
    wallMs: number
    /** How much later the monotonic one was read than the uptime. */
    pauseNs: number
  }
  readonly table: () => Promise<ReadonlyMap<number, Process>>
}

export function createTables(): Tables {
  const proc = createFakeProc()
  const begin = 1_700_000_000_000
  const clock = { wallMs: begin, pauseNs: 0 }
  const source = createProcSource({
    clock: { wallMs: () => clock.wallMs, monotonicMs: () => clock.wallMs - begin },
    packages: { packageOf: () => null },
    ownUid: 1000,
    files: proc,
    // Of the uptime, which begins at 1000 s, 100 s were spent suspended.
    monotonicNs: () => (proc.uptime - 100) * 1e9 + clock.pauseNs,
  })
  proc.set({ pid: 1, ppid: 0, startTicks: 1 })
  proc.set({ pid: 10, startTicks: 500 })
  const table = async (): Promise<ReadonlyMap<number, Process>> => {
    clock.wallMs += 1_000
    proc.uptime += 1
    return (await source.sample(NOBODY)).processes
  }
  return { proc, source, clock, table }
}
