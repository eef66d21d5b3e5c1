import { describe, expect, it } from 'vitest'
import { degradedList } from '../../../daemon/capture/degraded.ts'
import { createSurrounded } from '../../../daemon/capture/surrounded.ts'
import {
  isRelay,
  type SurroundingFacts,
  surroundingReasons,
} from '../../../daemon/capture/surroundings.ts'
import type { CaptureEngine } from '../../../daemon/ports.ts'
import { DEGRADED_REASONS, type WatchedProcess } from '../../../shared/model/observation.ts'

const nothing: SurroundingFacts = {
  uid: 1000,
  mounts: '22 27 0:20 / /proc rw,nosuid - proc proc rw\n',
  kernelRelease: '6.8.0-generic\n',
  confinement: 'unconfined\n',
  environment: new Set(),
  hasContainerFile: false,
}
const hidden = '22 27 0:20 / /proc rw,nosuid - proc proc rw,hidepid=invisible\n'

describe('the surroundings', () => {
  it.each<[string, Partial<SurroundingFacts>, readonly string[]]>([
    ['nothing', {}, []],
    ['hidepid', { mounts: hidden }, ['processes-hidden']],
    ['hidepid for root', { mounts: hidden, uid: 0 }, []],
    ['hidepid=0', { mounts: hidden.replace('invisible', '0') }, []],
    ['a snap', { confinement: 'snap.mcp-watch.daemon (enforce)\n' }, ['snap-confined']],
    ['a classic snap', { confinement: 'snap.node.node (complain)\n' }, []],
    [
      'a snap that may not ask',
      { confinement: null, environment: new Set(['SNAP']) },
      ['snap-confined'],
    ],
    ['another profile', { confinement: 'docker-default (enforce)\n' }, []],
    ['a terminal of a classic snap', { environment: new Set(['SNAP']) }, []],
    ['WSL', { kernelRelease: '5.15.153.1-microsoft-standard-WSL2\n' }, ['inside-windows']],
    ['a devcontainer', { environment: new Set(['REMOTE_CONTAINERS']) }, ['inside-container']],
    ['a Codespace', { environment: new Set(['CODESPACES']) }, ['inside-container']],
    ['a container', { hasContainerFile: true }, ['inside-container']],
    ['what cannot be read', { mounts: null, kernelRelease: null, confinement: null }, []],
  ])('%s', (_name, facts, reasons) => {
    expect(surroundingReasons({ ...nothing, ...facts })).toEqual(reasons)
  })

  it('knows the programs that hold connections of rootless containers', () => {
    expect(['pasta.avx2\n', 'slirp4netns', 'rootlesskit', 'podman'].every(isRelay)).toBe(true)
    expect(['node', 'pasta-server', ''].some(isRelay)).toBe(false)
  })
})

describe('an engine with surroundings', () => {
  it('adds what holds, and relays for as long as one is watched, each name read once', () => {
    const own = degradedList(['unconnected-udp'])
    let watched = 0
    const engine: CaptureEngine = {
      describe: () => ({ name: 'ss', intervalMs: 1, expectedRecall: 1, degraded: own }),
      start() {},
      watch: (processes) => {
        watched = processes.length
      },
      hurry() {},
      stop: async () => {},
    }
    const asked: number[] = []
    const commOf = (pid: number): string => {
      asked.push(pid)
      return pid === 7 ? 'podman\n' : 'node\n'
    }
    const facts = { ...nothing, hasContainerFile: true }
    const surrounded = createSurrounded(engine, { facts, commOf })
    const codes = () => surrounded.describe().degraded.map(({ code }) => code)
    const each = (pid: number): WatchedProcess => ({
      key: `test:${pid}:0:0` as WatchedProcess['key'],
      pid,
      netns: null,
      kind: 'member',
    })
    expect(codes()).toEqual(['unconnected-udp', 'inside-container'])
    surrounded.watch([each(7), each(8)])
    surrounded.watch([each(7), each(8)])
    expect(codes()).toEqual(['unconnected-udp', 'inside-container', 'container-relays'])
    surrounded.watch([each(8)])
    expect(codes()).toEqual(['unconnected-udp', 'inside-container'])
    expect([asked, watched]).toEqual([[7, 8], 1])
  })

  it('pass on that a look is wanted at once', () => {
    let hurried = 0
    const engine: CaptureEngine = {
      describe: () => ({ name: 'ss', intervalMs: 1_000, expectedRecall: 1, degraded: [] }),
      start() {},
      watch() {},
      hurry: () => {
        hurried += 1
      },
      stop: async () => {},
    }
    createSurrounded(engine, { facts: nothing, commOf: () => null }).hurry()
    expect(hurried).toBe(1)
  })

  it('has a sentence for every reason', () => {
    const all = degradedList(DEGRADED_REASONS)
    expect(all.map(({ code }) => code).sort()).toEqual([...DEGRADED_REASONS].sort())
    for (const { message } of all) expect(message).toMatch(/\.$/)
  })
})
