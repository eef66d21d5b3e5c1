/**
 * Containers of entries, of hands, of other users and such as only look alike, in the middle of composed machines. No process may
 * be given to a server that is not its own, in either of two looks.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createGlances, emptyMatchState, matchServers } from '../../daemon/match/match.ts'
import { recogniseClient } from '../../shared/clients/recognise.ts'
import type { Container } from '../../shared/model/container.ts'
import { wrongOwners } from './composition/check.ts'
import { addContainers, type Boxed, boxes } from './composition/containers.ts'
import { spawnInside } from './composition/inside.ts'
import { OWN_UID } from './composition/machine.ts'
import { plan } from './composition/plan.ts'
import { buildWorld, type World } from './composition/world.ts'

const RUNS = Number(process.env['RUNS'] ?? 2000)
const SEED = Number(process.env['SEED'] ?? 20_261_123)
const INIT = 1

const digest = (text: string): string => `h(${text})`

type Output = ReturnType<typeof matchServers>

function look(world: World, boxed: Boxed, all: readonly Container[], previous = emptyMatchState) {
  const servers = [...world.servers, ...boxed.servers]
  const table = { at: 20_000, processes: new Map(world.machine.processes) }
  const containers = { all, engines: [] }
  const input = { previous, servers, table, recogniseClient, ownUid: OWN_UID, digest, containers }
  return matchServers(input, createGlances())
}

/** In words, one for each process of or around a container that has a name which is not its own. */
function wrongBoxes({ allowed }: Boxed, { instances }: Output): readonly string[] {
  return instances.flatMap(({ serverIds, reasons, members }) =>
    members.flatMap(({ process }) => {
      const names = allowed.get(process.pid)
      if (names === undefined || serverIds.some((id) => names.has(id))) return []
      return [`${process.pid} ${process.argv.join(' ')}: ${serverIds.join()} (${reasons.join()})`]
    }),
  )
}

/** The rest of the machine. */
function wrongOthers(world: World, { allowed }: Boxed, { instances }: Output): readonly string[] {
  const others = instances.map((instance) => ({
    ...instance,
    members: instance.members.filter(({ process }) => !allowed.has(process.pid)),
  }))
  return wrongOwners(world, { instances: others })
}

/** Commands end, and containers are started again with another first process. */
function moveOn({ machine }: World, boxed: Boxed): readonly Container[] {
  const { processes } = machine
  const top = processes.get(INIT)
  const changed = new Map<string, Container>()
  for (const { start, command, container, inside } of boxed.boxes) {
    if (command !== null && (start.fate === 'command ends' || start.fate === 'starts again alone'))
      processes.delete(command.pid)
    if (!start.fate.startsWith('starts again') || container === null || top === undefined) continue
    for (const { pid } of inside) processes.delete(pid)
    if (start.kind === 'number given again') continue
    const again = spawnInside(machine, top, start, Number.parseInt(container.id.slice(0, 4), 16))
    const names = boxed.allowed.get(inside[0]?.pid ?? 0) ?? new Set()
    for (const { pid } of again) boxed.allowed.set(pid, names)
    changed.set(container.id, { ...container, pid: again[0]?.pid ?? null })
  }
  return boxed.containers.map((container) => changed.get(container.id) ?? container)
}

describe('containers that are put together by chance', () => {
  it('gives no process to a server that is not its own', { timeout: 300_000 }, () => {
    let joined = 0
    let known = 0
    fc.assert(
      fc.property(plan, boxes, (planned, planBoxes) => {
        const world = buildWorld({ ...planned, noise: [] }, digest)
        const boxed = addContainers(world.machine, planBoxes)
        const first = look(world, boxed, boxed.containers)
        expect(wrongBoxes(boxed, first)).toEqual([])
        expect(wrongOthers(world, boxed, first)).toEqual([])
        for (const { start, container, inside } of boxed.boxes) {
          if (start.kind !== 'called' || !start.isTold || container === null) continue
          known += 1
          const pid = inside[0]?.pid
          const roles = first.instances.flatMap(({ members }) => members)
          if (roles.some(({ process, role }) => process.pid === pid && role === 'server'))
            joined += 1
        }
        const all = moveOn(world, boxed)
        const second = look(world, boxed, all, first.state)
        expect(wrongBoxes(boxed, second)).toEqual([])
        expect(wrongOthers(world, boxed, second)).toEqual([])
      }),
      { numRuns: RUNS, seed: SEED },
    )
    expect(known).toBeGreaterThan(RUNS / 10)
    expect(joined).toBeGreaterThanOrEqual(0.8 * known)
  })
})
