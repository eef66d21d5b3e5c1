import { describe, expect, it } from 'vitest'
import type { Gate } from '../../../daemon/capture/sock-diag/gate.ts'
import { createSuspects } from '../../../daemon/capture/sock-diag/suspects.ts'
import type { WatchedProcess } from '../../../shared/model/observation.ts'

const member = (pid: number): WatchedProcess => ({
  key: `test:${pid}:0:0` as WatchedProcess['key'],
  pid,
  netns: 'net:[1]',
  kind: 'member',
})

describe('who may have made a socket', () => {
  it('is, beside who ran, always who cannot be seen to run', () => {
    let now = 0
    let moved: readonly number[] = []
    const gate: Gate = {
      look: () => ({ moved, gone: [], unreadable: [2] }),
      nextDelayMs: () => 20,
      takeAttention: () => [],
      idleDelayMs: 40,
    }
    const suspects = createSuspects(gate, { wallMs: () => now, monotonicMs: () => now })
    const ran = (): readonly number[] => suspects.ran(() => true).map(({ pid }) => pid)
    suspects.watch([member(1), member(2)], new Set())
    suspects.look()
    suspects.clear([member(1), member(2)])
    now = 20
    suspects.look()
    expect(ran()).toEqual([])
    moved = [1]
    now = 40
    suspects.look()
    expect(ran()).toEqual([1, 2])
    suspects.clear([member(1), member(2)])
    moved = []
    now = 300
    suspects.look()
    expect(ran()).toEqual([2])
  })
})
