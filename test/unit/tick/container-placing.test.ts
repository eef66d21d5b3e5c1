/** Where processes are put that are in a container and may not be looked into. */
import { describe, expect, it } from 'vitest'
import { createPlacing } from '../../../daemon/tick/container-placing.ts'
import { container, docker, idOf } from '../match/containers.ts'
import { proc, table } from '../match/world.ts'

describe('processes in containers that may not be looked into', () => {
  const [shim, init] = docker(1, 130)
  const containers = { all: [container(1, 130)], engines: [] }
  const name = `container:${idOf(1).slice(0, 12)}`

  it('are in a network of their container’s, and the same objects from tick to tick', () => {
    const place = createPlacing()
    const given = table([shim, init])
    const placed = place(given, containers)
    expect(placed.processes.get(130)?.netns).toBe(name)
    expect(placed.processes.get(shim.pid)).toBe(shim)
    expect(place({ ...given, at: 2 }, containers).processes).toBe(placed.processes)
    const later = place(table([shim, init, proc(140, 1, ['x'])]), containers)
    expect(later.processes.get(130)).toBe(placed.processes.get(130))
  })

  it.each([
    ['that network is the host’s', [container(1, 130, { network: 'host' })]],
    ['it is not known', [container(1, 130, { network: 'unknown' })]],
    ['another shares it', [container(1, 130, { network: 'shared' })]],
    ['it does not run', [container(1, null)]],
    ['it is another container', [container(2, 130)]],
    ['there are none', []],
  ])('stay where they are if %s', (_, all) => {
    const given = table([shim, init])
    expect(createPlacing()(given, { all, engines: [] })).toBe(given)
  })

  it('are placed though others share a network', () => {
    const all = [container(1, 130), container(2, 140, { network: 'shared' })]
    const placed = createPlacing()(table([shim, init]), { all, engines: [] })
    expect(placed.processes.get(130)?.netns).toBe(name)
  })

  it('stay where they are if they can be looked into', () => {
    const given = table([{ ...init, netns: 'net:[2]' }])
    expect(createPlacing()(given, containers)).toBe(given)
  })
})
