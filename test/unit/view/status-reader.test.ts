import { describe, expect, it, vi } from 'vitest'
import type { Archive } from '../../../daemon/query/archive.ts'
import { createStatusReader } from '../../../daemon/view/status-reader.ts'
import type { Status } from '../../../shared/contract/answers.ts'
import { McpWatchError } from '../../../shared/errors.ts'
import { bench } from '../pipeline/bench.ts'

describe('the status reader', () => {
  it('shows with a later tick what it could not read with this one', async () => {
    const run = bench()
    await run.sample([])
    const [view] = run.views
    if (view === undefined) throw new Error('no tick')
    let now = 0
    let fails = true
    const lastFindings = vi.fn(() => {
      if (fails) throw new McpWatchError('DATABASE_CORRUPT', 'the database is damaged')
      return []
    })
    const reader = createStatusReader({
      archive: {
        lastFindings,
        servers: () => ({ schemaVersion: 1, servers: [] }),
      } as Partial<Archive> as Archive,
      health: () => ({
        schemaVersion: 1,
        status: 'ok',
        version: '0',
        pid: 1,
        startedAt: '',
        lastTickAt: null,
      }),
      clock: { wallMs: () => now, monotonicMs: () => now },
      usage: { usage: async () => new Map() },
    })
    const shown: Status[] = []
    // A rejection that nobody handles would end the process, and this run.
    reader.tick(view, (status) => shown.push(status))
    await vi.waitFor(() => expect(lastFindings).toHaveBeenCalledTimes(1))
    await new Promise(setImmediate)
    fails = false
    now = 2000
    reader.tick(view, (status) => shown.push(status))
    await vi.waitFor(() => expect(shown).toHaveLength(1))
  })
})
