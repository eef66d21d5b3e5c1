import { describe, expect, it } from 'vitest'
import { statusOf } from '../../../daemon/view/status.ts'
import { statusSchema } from '../../../shared/contract/answers.ts'
import type { Process } from '../../../shared/model/process.ts'
import { row } from '../connections/build.ts'
import { bench, client, memoryProcess, memoryServer } from '../pipeline/bench.ts'

const health = {
  schemaVersion: 1,
  status: 'ok',
  version: '1.0.0',
  pid: 1,
  startedAt: '2026-01-01T00:00:00.000Z',
  lastTickAt: null,
} as const

describe('statusOf', () => {
  it('counts what is open and sums what its processes use', async () => {
    const view = await bench().sample([row('192.168.1.5:40000', '203.0.113.9:443', [20])])
    const usage = new Map([[20, { cpuPercent: 1.5, memoryBytes: 1000.4 }]])
    const input = {
      view,
      health,
      usage,
      lastFindings: new Map(),
      reached: new Map(),
      seen: new Set<string>(),
    }
    const status = statusOf(input)
    expect(statusSchema.parse(status)).toEqual(status)
    expect(status.servers).toMatchObject([
      {
        name: 'memory',
        state: 'running',
        openConnections: 1,
        unexpected: 1,
        unknown: 0,
        instances: [{ rootPid: 20, usage: { cpuPercent: 1.5, memoryBytes: 1000 } }],
      },
    ])
  })

  it('tells a server that ran from one that never did', async () => {
    const view = await bench().sample([], [client])
    const input = { view, health, usage: new Map(), lastFindings: new Map(), reached: new Map() }
    expect(statusOf({ ...input, seen: new Set() }).servers[0]?.state).toBe('never-seen')
    expect(statusOf({ ...input, seen: new Set(['memory']) }).servers[0]?.state).toBe('ended')
  })

  it('tells what runs inside its client from what does not run', async () => {
    const one = bench()
    await one.sample([], [client])
    one.configure([{ ...memoryServer, client: 'cursor', inClient: true }])
    const stateOf = async (processes: readonly Process[]): Promise<unknown> => {
      const view = await one.sample([], processes)
      const input = {
        view,
        health,
        usage: new Map(),
        lastFindings: new Map(),
        reached: new Map(),
        seen: new Set('x'),
      }
      return statusOf(input).servers[0]?.state
    }
    expect(await stateOf([client])).toBe('in-client')
    expect(await stateOf([client, memoryProcess])).toBe('running')
    expect(await stateOf([])).toBe('never-seen')
  })
})
