import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createContainerSource } from '../../../daemon/containers/container-source.ts'
import type { ContainerSource } from '../../../daemon/ports.ts'
import { NO_CONTAINERS } from '../../../shared/model/container.ts'
import { waitFor } from '../../helpers/wait-for.ts'
import {
  FETCH,
  HOW_MANY,
  inspected,
  listed,
  pidOf,
  running,
  type Scene,
  SIDE,
  TIME,
} from './recorded.ts'
import { recordedKernel, type StandInEngine, sourceDeps, standInEngine } from './stand-in-engine.ts'

let engine: StandInEngine
let source: ContainerSource
let processes: Map<number, string>
let changes: number

beforeEach(async () => {
  engine = await standInEngine()
  processes = running()
  changes = 0
  source = createContainerSource(sourceDeps(engine.socket, { kernel: recordedKernel(processes) }))
  source.watch(() => {
    changes += 1
  })
})
afterEach(async () => {
  source.stop()
  await engine.close()
})

const find = (id: string) => source.current().all.find((each) => each.id === id)
const event = (id: string, Action: string): string =>
  `${JSON.stringify({ Type: 'container', Action, Actor: { ID: id } })}\n`
const followed = async (count = HOW_MANY) =>
  await waitFor(() => engine.followers() === 1 && source.current().all.length === count, {
    what: `${count} containers, and somebody who follows`,
    deadlineMs: 5_000,
  })
const inspectedAs = (scene: Scene, State: object): string => {
  const told = inspected(scene)
  return JSON.stringify({ ...told, State: { ...told.State, ...State } })
}

describe('the source of containers', () => {
  it('connects to nobody until it is wanted, and to nobody afterwards', async () => {
    expect(source.current()).toBe(NO_CONTAINERS)
    source.want(false, true)
    expect(engine.connections()).toBe(0)
    source.want(true, false)
    await followed()
    source.want(false, false)
    expect(source.current()).toBe(NO_CONTAINERS)
    await waitFor(() => engine.followers() === 0, { what: 'nobody follows', deadlineMs: 5_000 })
    const then = engine.connections()
    source.want(false, true)
    expect(engine.connections()).toBe(then)
  })

  it('is the same object while nothing changes', async () => {
    source.want(true, false)
    await followed()
    const before = source.current()
    const told = changes
    const lists = (): number =>
      engine.asked.filter((each) => each.includes('/containers/json')).length
    const listedBefore = lists()
    source.want(true, true)
    engine.emit(event(FETCH, 'start'))
    await waitFor(() => lists() >= listedBefore + 3, {
      what: 'three more lists',
      deadlineMs: 5_000,
    })
    expect(source.current()).toBe(before)
    expect(changes).toBe(told)
  })

  it('asks again and again only while somebody waits', async () => {
    engine.routes.set('/containers/json', '[]')
    source.want(true, true)
    await followed(0)
    engine.routes.set('/containers/json', JSON.stringify(listed()))
    await followed()
  })

  it('knows a container that was started again', async () => {
    source.want(true, false)
    await followed()
    expect(find(TIME)?.running).toBe(false)
    processes.set(5000, TIME)
    engine.routes.set(`/containers/${TIME}/json`, inspectedAs('time', { Running: true, Pid: 5000 }))
    engine.emit(event(TIME, 'start'))
    await waitFor(() => find(TIME)?.pid === 5000, { what: 'it runs again', deadlineMs: 5_000 })
  })

  it('notices the end of a process that nobody tells of', async () => {
    source.want(true, false)
    await followed()
    processes.delete(pidOf('side'))
    engine.routes.delete(`/containers/${SIDE}/json`)
    await waitFor(() => find(SIDE) === undefined, { what: 'it is gone', deadlineMs: 8_000 })
  })

  it('finds an engine again that went away', async () => {
    source.want(true, false)
    await followed()
    engine.routes.set('/containers/json', '[]')
    engine.emit(`${' '.repeat(1024 * 1024 + 1)}`)
    // The line was too long, so that it hung up; it comes back by itself.
    await waitFor(() => source.current().all.length === 0, {
      what: 'it listed again',
      deadlineMs: 8_000,
    })
    await followed(0)
  })

  it('passes over what is no event', async () => {
    source.want(true, false)
    await followed()
    const before = source.current()
    const asked = engine.asked.length
    for (const line of [
      '{',
      '[]',
      '\n',
      '{"Type":"image"}',
      event('x', 'start'),
      event(FETCH, 'exec_start: x'),
    ])
      engine.emit(`${line}\n`)
    engine.emit(event(TIME, 'rename'))
    await waitFor(() => engine.asked.length > asked, { what: 'the rename', deadlineMs: 5_000 })
    expect(
      engine.asked.slice(asked).every((each) => each.includes(TIME) || each.includes('images')),
    ).toBe(true)
    expect(source.current()).toBe(before)
  })

  it('has the container of a name and says so when it is given another', async () => {
    source.want(true, false)
    await followed()
    const renamed = { ...inspected('fetch'), Name: '/other' }
    engine.routes.set(`/containers/${FETCH}/json`, JSON.stringify(renamed))
    engine.emit(event(FETCH, 'rename'))
    await waitFor(() => find(FETCH)?.name === 'other', { what: 'its name', deadlineMs: 5_000 })
  })

  it('asks once more for what could not be learned', async () => {
    engine.routes.set(`/containers/${FETCH}/json`, '{')
    source.want(true, false)
    await followed(HOW_MANY - 1)
    engine.routes.set(`/containers/${FETCH}/json`, JSON.stringify(inspected('fetch')))
    source.want(true, true)
    await followed()
  })
})
