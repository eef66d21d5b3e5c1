/**
 * Clients × launchers × servers × what else runs, in trees that are in no corpus. No process may be given to a server that
 * is not its own, and what a client started is found.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyMatchState, matchServers } from '../../daemon/match/match.ts'
import { recogniseClient } from '../../shared/clients/recognise.ts'
import { isFound, showsItself, wrongOwners } from './composition/check.ts'
import { moveOn } from './composition/later.ts'
import { OWN_UID } from './composition/machine.ts'
import { plan } from './composition/plan.ts'
import { buildWorld, type World } from './composition/world.ts'

/**
 * The same machines each time, so that what fails is what was changed; after a change of matching others are worth a
 * look too: `SEED=7 RUNS=50000`. 10,000 take some 20 s on two cores.
 */
const RUNS = Number(process.env['RUNS'] ?? 10_000)
const SEED = Number(process.env['SEED'] ?? 20_261_122)
const TIME_MS = 600_000
/** When the processes are looked at: the first began twenty seconds before. */
const FIRST_LOOK = 20_000

const digest = (text: string): string => `h(${text})`

function look(world: World, at: number, previous = emptyMatchState) {
  const { servers } = world
  const table = { at, processes: world.machine.processes }
  const input = { previous, servers, table, recogniseClient, ownUid: OWN_UID, digest }
  return matchServers(input)
}

describe('the check of a machine', () => {
  it('sees every process that is given to a server that is not its own', () => {
    const made = fc.sample(plan, { numRuns: 200, seed: 1 })
    const given = made.flatMap((planned) => {
      const world = buildWorld(planned, digest)
      const instances = look(world, FIRST_LOOK).instances.filter((it) => !it.unconfigured)
      const members = instances.flatMap((instance) => instance.members)
      const wrong = wrongOwners({ ...world, truth: new Map() }, { instances })
      expect(wrong).toHaveLength(members.length)
      return members
    })
    expect(given.length).toBeGreaterThan(200)
  })
})

describe('machines that are put together by chance', () => {
  it('gives no process to a server that is not its own, and finds what clients started', {
    timeout: TIME_MS,
  }, () => {
    let started = 0
    let found = 0
    fc.assert(
      fc.property(plan, (planned) => {
        const world = buildWorld(planned, digest)
        const first = look(world, FIRST_LOOK)
        expect(wrongOwners(world, first)).toEqual([])
        for (const copy of world.copies.filter(showsItself)) {
          started += 1
          if (isFound(world, first, copy)) found += 1
        }
        const next = moveOn(world)
        expect(wrongOwners(next, look(next, FIRST_LOOK + 1000, first.state))).toEqual([])
      }),
      { numRuns: RUNS, seed: SEED },
    )
    expect(found).toBeGreaterThanOrEqual(0.98 * started)
  })
})
