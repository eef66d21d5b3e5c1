import { afterEach, describe, expect, it } from 'vitest'
import type { Attempts } from '../../../daemon/capture/exact/attempts.ts'
import { createExactEngine } from '../../../daemon/capture/exact/engine.ts'
import type { AttemptBook, ExactSource, SourceHearer } from '../../../daemon/capture/exact/parts.ts'
import type { News } from '../../../daemon/capture/sock-diag/batch-pace.ts'
import type { Watcher } from '../../../daemon/capture/sock-diag/watcher-parts.ts'
import type { CaptureEngine } from '../../../daemon/ports.ts'
import type { Batch, RawSocket } from '../../../shared/model/observation.ts'
import { waitFor } from '../../helpers/wait-for.ts'

const engines: CaptureEngine[] = []
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.stop()
})

const rawSocket = (family: RawSocket['family']): RawSocket => ({
  holder: { process: 'a' as never, pid: 7 },
  family,
  at: 5,
})
const SAMPLED: Batch = {
  at: 5,
  snapshots: [],
  unreadable: [],
  attention: [{ process: 'a' as never, quietMs: 1, activeMs: 9, seen50Ms: 2 }],
  rawSockets: [rawSocket('packet')],
}

function setting(changes: { readonly lastBatch?: Batch | null } = {}) {
  const log: string[] = []
  const state = {
    news: false,
    births: 'nothing' as News,
    birthsWhenTold: 'nothing' as News,
    isTelling: false,
    lost: 0,
    batches: [] as Batch[],
    faults: [] as unknown[],
  }
  let hearer: SourceHearer | null = null
  const source: ExactSource = {
    kind: 'own',
    start: (each) => {
      hearer = each
    },
    drain: () => 0,
    degraded: () => [],
    stop: async () => void log.push('source stopped'),
  }
  const book: AttemptBook = {
    knows: () => false,
    hear() {},
    unowned: () => [],
    settle() {},
    hasNews: () => state.news,
    isUrgent: () => state.news,
    takeLost: () => 0,
    tell(snapshots) {
      log.push('tell')
      state.isTelling = false
      state.news = false
      return { snapshots, rawSockets: [rawSocket('ipv4')] }
    },
  }
  const attempts: Attempts = {
    take() {
      log.push('take')
      const { lost } = state
      state.lost = 0
      return lost
    },
    claimNew: () => void log.push('claim'),
    watch: () => void log.push('watch'),
    beforeListing: () => void log.push('before'),
    isOwnerWanted: () => false,
    settle: () => void log.push('settle'),
  }
  const watcher: Watcher = {
    watch() {},
    pulse: async () => 'nothing',
    hearBirths() {
      log.push('births')
      if (!state.isTelling) return state.births
      const births = state.birthsWhenTold
      state.birthsWhenTold = 'nothing'
      return births
    },
    batch: async () => SAMPLED,
    lastBatch: () => changes.lastBatch ?? null,
    beforeListing() {},
    nextDelayMs: () => 1_000,
    describe: () => ({
      name: 'sock-diag',
      intervalMs: 40,
      expectedRecall: 1,
      degraded: [
        { code: 'gated-sampling', message: 'g' },
        { code: 'inside-container', message: 'c' },
      ],
    }),
    close: () => void log.push('watcher closed'),
  }
  const now = { ms: 0 }
  const clock = { wallMs: () => 1_000 + now.ms, monotonicMs: () => now.ms }
  const monotonicNs = (): number => now.ms * 1e6
  const engine = createExactEngine({ clock, monotonicNs, source, book, attempts, watcher })
  engines.push(engine)
  engine.start({
    prepare: async () => {
      log.push('prepare')
      state.isTelling = true
    },
    accept: (batch) => void state.batches.push(batch),
    fail: (error) => void state.faults.push(error),
  })
  const begun = async (): Promise<void> => {
    await waitFor(() => state.batches.length === 1, { what: 'a first batch', deadlineMs: 5_000 })
    log.length = 0
  }
  return { engine, state, log, now, begun, hearer: () => hearer as unknown as SourceHearer }
}

const told = async (state: { batches: Batch[] }, count: number): Promise<Batch> => {
  const what = `${count} batches`
  await waitFor(() => state.batches.length >= count, { what, deadlineMs: 5_000 })
  return state.batches.at(-1) as Batch
}

describe('the exact engine', () => {
  it('tells at once what the kernel told: births right after, owners right after the listing', async () => {
    const { state, log, now, begun, hearer } = setting()
    await begun()
    now.ms = 10_000
    state.news = true
    state.births = 'start'
    hearer().wake()
    const batch = await told(state, 2)
    expect(log.slice(0, 3)).toEqual(['take', 'births', 'claim'])
    expect(log.slice(3).filter((each) => !/take|births|claim/.test(each))).toEqual([
      'before',
      'prepare',
      'settle',
      'tell',
    ])
    expect(batch).toMatchObject({ at: 5, seesDatagrams: true })
    expect(batch.attention).toMatchObject([{ quietMs: 1, activeMs: 9, seen50Ms: 9 }])
    expect(batch.lostSince).toBeUndefined()
    expect(batch.rawSockets).toEqual([rawSocket('ipv4'), rawSocket('packet')])
  })

  it('makes a new list for a server that was started while the last one was told', async () => {
    const { state, log, now, begun, hearer } = setting()
    await begun()
    now.ms = 10_000
    state.news = true
    state.birthsWhenTold = 'start'
    hearer().wake()
    await told(state, 2)
    now.ms = 10_300
    await told(state, 3)
    expect(log.filter((each) => each === 'prepare')).toHaveLength(2)
  })

  it('goes through what strangers did only while somebody may be new', async () => {
    const { state, log, now, begun, hearer } = setting()
    await begun()
    now.ms = 10_000
    state.news = true
    hearer().wake()
    await told(state, 2)
    expect(log).not.toContain('claim')
    state.births = 'start'
    state.news = true
    now.ms = 11_000
    hearer().wake()
    await told(state, 3)
    expect(log).toContain('claim')
  })

  it('says since when something may be missing, once', async () => {
    const { state, now, begun, hearer } = setting()
    await begun()
    now.ms = 100
    state.lost = 3
    state.news = true
    hearer().wake()
    expect((await told(state, 2)).lostSince).toBe(1_000)
    now.ms = 200
    state.news = true
    hearer().wake()
    expect((await told(state, 3)).lostSince).toBeUndefined()
  })

  it('fails three times when nothing comes any more, and does not rest as long as after a failure', async () => {
    const { state, begun, hearer } = setting()
    await begun()
    hearer().fail(new Error('gone'))
    await waitFor(() => state.faults.length >= 3, { what: 'three faults', deadlineMs: 900 })
    expect(String(state.faults[0])).toContain('gone')
  })

  it('tells at the end what it had not told yet, and leaves nothing open', async () => {
    const { engine, state, log, begun } = setting()
    await begun()
    state.news = true
    await engine.stop()
    expect(state.batches).toHaveLength(2)
    expect(state.batches[1]).toMatchObject({ at: 1_000, snapshots: [] })
    expect(log.slice(-2)).toEqual(['source stopped', 'watcher closed'])
    await engine.stop()
    expect(state.batches).toHaveLength(2)
  })

  it('notes the time in which nothing came and nobody knew', async () => {
    const { engine, state, now, begun, hearer } = setting()
    await begun()
    now.ms = 30_000
    hearer().fail(new Error('silent'), 20_000)
    await engine.stop()
    expect(state.batches).toHaveLength(2)
    expect(state.batches[1]).toMatchObject({ at: 31_000, lostSince: 11_000 })
  })

  it('does not say of itself what only looking keeps from one', () => {
    const { engine } = setting()
    const { name, intervalMs, degraded } = engine.describe()
    expect([name, intervalMs]).toEqual(['bpf', null])
    expect(degraded.map(({ code }) => code)).toEqual(['inbound-sampled', 'inside-container'])
  })
})
