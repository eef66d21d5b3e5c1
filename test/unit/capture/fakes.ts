/** A clock moved by hand, tools that say what they are told, and a sink that writes down what it gets. */
import type { RunTool, ToolResult } from '../../../daemon/capture/run-tool.ts'
import type { Wait } from '../../../daemon/capture/sampler.ts'
import type { CaptureSink, Clock } from '../../../daemon/ports.ts'
import type { ProcessKey } from '../../../shared/model/ids.ts'
import type { Batch, WatchedProcess } from '../../../shared/model/observation.ts'

export interface FakeClock extends Clock {
  now: number
}

export function fakeClock(): FakeClock {
  const clock: FakeClock = {
    now: 0,
    wallMs: () => 1_000_000 + clock.now,
    monotonicMs: () => clock.now,
  }
  return clock
}

export function toolSays(stdout: string, rest: Partial<ToolResult> = {}): ToolResult {
  return {
    stdout,
    stderr: '',
    code: 0,
    signal: null,
    timedOut: false,
    truncated: false,
    elapsedMs: 1,
    ...rest,
  }
}

/** One answer a call, the last one for ever; calls are kept with their arguments. */
export function fakeTool(answers: readonly (ToolResult | Error)[]): {
  run: RunTool
  calls: string[][]
} {
  const calls: string[][] = []
  const run: RunTool = async (_path, args) => {
    const answer = answers[Math.min(calls.length, answers.length - 1)]
    calls.push([...args])
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('no answer')
    return await Promise.resolve(answer)
  }
  return { run, calls }
}

export interface RecordingSink extends CaptureSink {
  readonly batches: Batch[]
  readonly failures: unknown[]
}

export function recordingSink(): RecordingSink {
  const batches: Batch[] = []
  const failures: unknown[] = []
  return {
    batches,
    failures,
    prepare: async () => {
      await Promise.resolve()
    },
    accept: (batch) => batches.push(batch),
    fail: (error) => failures.push(error),
  }
}

/** Lets `rounds` pauses pass at once, each moving the clock, then waits for the end. */
export function countedWait(clock: FakeClock, rounds: number): { wait: Wait; done: Promise<void> } {
  let left = rounds
  let finish: () => void = () => undefined
  const done = new Promise<void>((resolve) => {
    finish = resolve
  })
  const wait: Wait = async (ms, signal) => {
    clock.now += ms
    left -= 1
    if (left > 0) return
    finish()
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve())
    })
  }
  return { wait, done }
}

export function watched(pid: number, netns: string | null = null): WatchedProcess {
  return { key: `boot:${pid}:1:0` as ProcessKey, pid, netns, kind: 'member' }
}
