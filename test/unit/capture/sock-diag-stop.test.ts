import { describe, expect, it } from 'vitest'
import { createSockDiagEngine } from '../../../daemon/capture/sock-diag/engine.ts'
import type { Watcher } from '../../../daemon/capture/sock-diag/watcher-parts.ts'
import type { CaptureSink } from '../../../daemon/ports.ts'
import type { Batch } from '../../../shared/model/observation.ts'

const batchAt = (at: number): Batch => ({ at, snapshots: [], unreadable: [] })

/** An engine whose watcher does what the test says; `log` is what happened, in order. */
function engineOver(changes: Partial<Watcher>, heard: Partial<CaptureSink> = {}) {
  const log: string[] = []
  const watcher: Watcher = {
    watch() {},
    pulse: async () => 'socket',
    hearBirths: () => 'nothing',
    batch: async () => batchAt(1),
    lastBatch: () => null,
    beforeListing() {},
    nextDelayMs: () => 60_000,
    describe: () => ({ name: 'sock-diag', intervalMs: null, expectedRecall: 1, degraded: [] }),
    close: () => void log.push('close'),
    ...changes,
  }
  let first: () => void = () => undefined
  const told = new Promise<void>((resolve) => {
    first = resolve
  })
  const engine = createSockDiagEngine({
    clock: { wallMs: () => 0, monotonicMs: () => 0 },
    watcher,
  })
  engine.start({
    prepare: async () => void log.push('prepare'),
    accept({ at }) {
      log.push(`batch ${at}`)
      first()
    },
    fail: (error) => void log.push(String(error)),
    ...heard,
  })
  return { engine, log, told }
}

describe('the engine sock-diag, stopped', () => {
  it('tells what is left, without preparing anything, before it ends; once', async () => {
    const { engine, log, told } = engineOver({ lastBatch: () => batchAt(2) })
    await told
    await Promise.all([engine.stop(), engine.stop()])
    expect(log).toEqual(['prepare', 'batch 1', 'batch 2', 'close'])
  })

  it('tells a batch that was being made, for what is in it was taken', async () => {
    let make: (batch: Batch) => void = () => undefined
    let begin: () => void = () => undefined
    const begun = new Promise<void>((resolve) => {
      begin = resolve
    })
    const { engine, log } = engineOver({
      batch: async () => {
        begin()
        return await new Promise<Batch>((resolve) => {
          make = resolve
        })
      },
    })
    await begun
    const stopped = engine.stop()
    make(batchAt(7))
    await stopped
    expect(log).toEqual(['prepare', 'batch 7', 'close'])
  })

  it('ends also where the kernel refuses, and where nobody can take it', async () => {
    const refused = engineOver({
      lastBatch() {
        throw new Error('refused')
      },
    })
    await refused.told
    await refused.engine.stop()
    expect(refused.log).toEqual(['prepare', 'batch 1', 'close'])

    let first: () => void = () => undefined
    const told = new Promise<void>((resolve) => {
      first = resolve
    })
    const full = engineOver(
      { lastBatch: () => batchAt(2) },
      {
        accept({ at }) {
          first()
          if (at === 2) throw new Error('full')
        },
      },
    )
    await told
    await full.engine.stop()
    expect(full.log).toEqual(['prepare', 'Error: full', 'close'])
  })

  it('tells nothing where it was never begun', async () => {
    const log: string[] = []
    const watcher = { close: () => void log.push('close') } as unknown as Watcher
    await createSockDiagEngine({
      clock: { wallMs: () => 0, monotonicMs: () => 0 },
      watcher,
    }).stop()
    expect(log).toEqual(['close'])
  })
})
