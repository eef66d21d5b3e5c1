import { describe, expect, it } from 'vitest'
import { createLadder, type Rung } from '../../../daemon/capture/ladder.ts'
import type { CaptureEngine, CaptureSink } from '../../../daemon/ports.ts'
import { McpWatchError } from '../../../shared/errors.ts'
import type { EngineName } from '../../../shared/model/observation.ts'

const BATCH = { at: 1, snapshots: [], unreadable: [] }
const log = { debug() {}, info() {}, warn() {}, error() {} }

/** An engine that does what the test says. */
function fake(name: EngineName) {
  const state = {
    sink: null as CaptureSink | null,
    starts: 0,
    stops: 0,
    watched: 0,
    hurries: 0,
    hasLastWords: false,
    refuses: false,
  }
  const engine: CaptureEngine = {
    describe: () => ({ name, intervalMs: 1, expectedRecall: 1, degraded: [] }),
    start: (sink) => {
      state.sink = sink
      state.starts += 1
    },
    watch: (processes) => {
      state.watched = processes.length
    },
    hurry: () => {
      state.hurries += 1
    },
    stop: async () => {
      state.stops += 1
      await Promise.resolve()
      if (state.hasLastWords) state.sink?.accept(BATCH)
    },
  }
  const rung: Rung = {
    name,
    open: () => {
      if (state.refuses) throw new McpWatchError('NO_ENGINE', `${name} is refused`)
      return engine
    },
  }
  return { state, rung }
}

function setting() {
  const now = { ms: 0 }
  const clock = { wallMs: () => now.ms, monotonicMs: () => now.ms }
  const best = fake('sock-diag')
  const middle = fake('ss')
  const last = fake('lsof')
  const heard = { batches: 0, faults: 0 }
  const sink: CaptureSink = {
    prepare: async () => {},
    accept: () => {
      heard.batches += 1
    },
    fail: () => {
      heard.faults += 1
    },
  }
  const open = () => createLadder({ rungs: [best.rung, middle.rung, last.rung], clock, log })
  return { now, best, middle, last, heard, sink, open }
}

const settled = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve))

describe('the ladder', () => {
  it('uses the best rung that opens and says why the others are not used', () => {
    const { best, open } = setting()
    best.state.refuses = true
    const { name, degraded } = open().describe()
    expect(name).toBe('ss')
    expect(degraded).toEqual([
      {
        code: 'better-engine-refused',
        message: 'The better engine sock-diag is not used: sock-diag is refused.',
      },
    ])
  })

  it('throws when no rung opens', () => {
    const { best, middle, last, open } = setting()
    for (const each of [best, middle, last]) each.state.refuses = true
    expect(open).toThrow(expect.objectContaining({ code: 'NO_ENGINE' }))
  })

  it('steps down after three failures in a row, with the same watched processes, and up again', async () => {
    const { now, best, middle, heard, sink, open } = setting()
    const ladder = open()
    ladder.start(sink)
    ladder.watch([{ key: 'k' as never, pid: 1, netns: null, kind: 'member' }])
    best.state.sink?.fail(new Error('one'))
    best.state.sink?.fail(new Error('two'))
    best.state.sink?.accept(BATCH)
    best.state.sink?.fail(new Error('three'))
    expect(ladder.describe().name).toBe('sock-diag')
    best.state.sink?.fail(new Error('four'))
    best.state.sink?.fail(new Error('five'))
    await settled()
    expect(ladder.describe().name).toBe('ss')
    expect([best.state.stops, middle.state.starts, middle.state.watched]).toEqual([1, 1, 1])
    ladder.hurry()
    expect([best.state.hurries, middle.state.hurries]).toEqual([0, 1])
    expect(heard).toEqual({ batches: 1, faults: 5 })

    // What the old one still says does not count.
    best.state.sink?.accept(BATCH)
    expect(heard.batches).toBe(1)

    best.state.refuses = true
    now.ms = 60_001
    middle.state.sink?.accept(BATCH)
    await settled()
    expect(ladder.describe().name).toBe('ss')

    best.state.refuses = false
    now.ms = 120_000
    middle.state.sink?.accept(BATCH)
    expect(ladder.describe().name).toBe('ss')
    now.ms = 180_002
    middle.state.sink?.accept(BATCH)
    await settled()
    expect(ladder.describe().name).toBe('sock-diag')
    expect(ladder.describe().degraded).toEqual([])
    await ladder.stop()
    expect(best.state.stops).toBe(2)
  })

  it('goes up at once when something changed that kept a better one from being used', async () => {
    const { best, middle, sink, now } = setting()
    let signature = 'none'
    best.state.refuses = true
    const above: Rung = { ...best.rung, signature: () => signature }
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const clock = { wallMs: () => now.ms, monotonicMs: () => now.ms }
    const ladder = createLadder({ rungs: [above, middle.rung], clock, log })
    ladder.start(sink)
    best.state.refuses = false
    middle.state.sink?.accept(BATCH)
    await settled()
    expect(ladder.describe().name).toBe('ss')
    signature = 'there'
    middle.state.sink?.accept(BATCH)
    await settled()
    expect(ladder.describe().name).toBe('sock-diag')
    await ladder.stop()
  })

  it('hears what an engine has to tell last before another is used, and when all is over', async () => {
    const { now, best, middle, heard, sink, open } = setting()
    const ladder = open()
    const tellers: string[] = []
    best.state.hasLastWords = true
    middle.state.hasLastWords = true
    ladder.start({
      ...sink,
      accept: (batch) => {
        sink.accept(batch)
        tellers.push(ladder.describe().name)
      },
    })
    now.ms = 3_600_000
    for (let i = 0; i < 3; i += 1) best.state.sink?.fail(new Error('again'))
    await settled()
    expect([tellers, ladder.describe().name, best.state.stops]).toEqual([['sock-diag'], 'ss', 1])
    await ladder.stop()
    expect(tellers).toEqual(['sock-diag', 'ss'])
    expect([heard.batches, best.state.stops, middle.state.stops]).toEqual([2, 1, 1])
  })

  it('stays on the last rung however often it fails', async () => {
    const { best, middle, last, sink, open } = setting()
    best.state.refuses = true
    middle.state.refuses = true
    const ladder = open()
    ladder.start(sink)
    for (let i = 0; i < 10; i += 1) last.state.sink?.fail(new Error('again'))
    await settled()
    expect(ladder.describe().name).toBe('lsof')
    expect(last.state.stops).toBe(0)
  })

  it('blames no engine for processes that cannot be listed', async () => {
    const { best, heard, sink, open } = setting()
    const ladder = open()
    ladder.start({ ...sink, prepare: async () => await Promise.reject(new Error('no /proc')) })
    for (let i = 0; i < 5; i += 1) {
      const error: unknown = await best.state.sink?.prepare().catch((each: unknown) => each)
      best.state.sink?.fail(error)
    }
    await settled()
    expect(heard.faults).toBe(5)
    expect(ladder.describe().name).toBe('sock-diag')
  })

  it('leaves a better engine that fails late alone for a while', async () => {
    const { now, best, middle, sink, open } = setting()
    const ladder = open()
    ladder.start(sink)
    now.ms = 3_600_000
    for (let i = 0; i < 3; i += 1) best.state.sink?.fail(new Error('again'))
    await settled()
    middle.state.sink?.accept(BATCH)
    await settled()
    expect(ladder.describe().name).toBe('ss')
  })
})
