/** Whatever is told of processes, in whatever order: what is made of it holds together. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Sighting } from '../../daemon/ports.ts'
import { createFamily } from '../../daemon/processes/family.ts'
import { createProcSource } from '../../daemon/processes/proc-source.ts'
import type { Process } from '../../shared/model/process.ts'
import { createFakeProc } from '../unit/processes/fake-proc.ts'

const pid = fc.integer({ min: 2, max: 12 })
/** Around the uptime of the made-up machine, and far from it. */
const atNs = fc.oneof(
  fc.integer({ min: 998_000, max: 1_002_000 }).map((ms) => ms * 1e6),
  fc.nat(Number.MAX_SAFE_INTEGER),
)
const sighting: fc.Arbitrary<Sighting> = fc.record(
  {
    pid,
    parent: fc.option(pid),
    bornAtNs: atNs,
    lived: fc.record({ uid: fc.nat(), comm: fc.string({ maxLength: 15 }), atNs }),
  },
  { requiredKeys: ['pid', 'parent'] },
)
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ see: fc.array(sighting, { maxLength: 5 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ set: pid, ppid: pid, ticks: fc.integer({ min: 99_700, max: 100_300 }) }),
  },
  { weight: 2, arbitrary: fc.record({ end: pid, isZombie: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant('sample' as const) },
)

function createMachine() {
  const proc = createFakeProc()
  let time = 0
  const source = createProcSource({
    clock: { wallMs: () => 1_700_000_000_000 + time, monotonicMs: () => time },
    packages: { packageOf: () => null },
    ownUid: 1000,
    files: proc,
    monotonicNs: () => proc.uptime * 1e9,
  })
  proc.set({ pid: 1, ppid: 0, startTicks: 1 })
  const lived = new Map<number, boolean>([[1, true]])
  return {
    proc,
    source,
    lived,
    sample: async () => {
      time += 1_000
      // All are interesting: what /proc says is in the table at once.
      return (await source.sample(new Set(lived.keys()))).processes
    },
  }
}

function isGhost({ executable, argv }: Process): boolean {
  return executable === null && argv.length === 0
}

describe('the process table', () => {
  it('has who lives as it is, and who is known by events alone once, below an elder that it has too', async () => {
    let ghosts = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { proc, source, lived, sample } = createMachine()
        for (const each of [...steps, 'sample' as const, 'sample' as const]) {
          if (each === 'sample') {
            const processes = await sample()
            for (const [number, process] of processes) {
              expect(process.pid).toBe(number)
              if (isGhost(process)) {
                ghosts += 1
                expect(lived.get(number)).not.toBe(true)
                expect(process.readable).toBe(true)
                const above = processes.get(process.ppid)
                expect(above?.startTicks).toBeLessThanOrEqual(process.startTicks)
                expect(above).not.toBe(process)
              }
            }
            for (const [number, isAlive] of lived)
              if (isAlive) expect(processes.get(number)?.executable).toBe('/usr/bin/node')
          } else if ('see' in each) {
            const asked = new Set(each.see.map((one) => one.pid))
            for (const process of source.see(each.see)) expect(asked).toContain(process.pid)
          } else if ('set' in each) {
            proc.set({ pid: each.set, ppid: each.ppid, startTicks: each.ticks })
            lived.set(each.set, true)
          } else {
            if (each.isZombie && lived.get(each.end) === true)
              proc.set({ pid: each.end, state: 'Z', cmdline: '', startTicks: 100_000 })
            else proc.remove(each.end)
            lived.set(each.end, false)
          }
        }
        // The last of them told of nobody new.
        const alive = [...lived].filter(([, isAlive]) => isAlive).map(([number]) => number)
        expect(new Set((await sample()).keys())).toEqual(new Set(alive))
      }),
      { numRuns: 200 },
    )
    expect(ghosts).toBeGreaterThan(0)
  })
})

describe('a family', () => {
  it('knows whose a number was at any moment of its last two lives, against a plain model', () => {
    const move = fc.record({
      kind: fc.constantFrom('fork', 'exit', 'watch'),
      one: fc.nat(9),
      other: fc.nat(9),
    })
    fc.assert(
      fc.property(fc.array(move, { maxLength: 80 }), (moves) => {
        const family = createFamily(1_000, () => 0)
        family.watch([1])
        const alive = new Map<number, boolean>([
          [1, true],
          [2, false],
        ])
        const history = new Map([...alive].map(([number, isOurs]) => [number, [{ at: 1, isOurs }]]))
        let now = 10
        for (const { kind, one, other } of moves) {
          now += 10
          if (kind === 'fork' && alive.has(one) && !alive.has(other)) {
            const isOurs = alive.get(one) === true
            alive.set(other, isOurs)
            history.set(other, [...(history.get(other) ?? []), { at: now, isOurs }])
            family.fork(one, other, now)
          } else if (kind === 'exit') {
            alive.delete(one)
            family.exit(one)
          } else if (kind === 'watch')
            family.watch([...alive].flatMap(([number, isOurs]) => (isOurs ? [number] : [])))
        }
        for (const [number, all] of history)
          for (const { at, isOurs } of all.slice(-2))
            expect(family.isMember(number, at)).toBe(isOurs)
      }),
      { numRuns: 500 },
    )
  })
})
