import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createContainerSource } from '../../../daemon/containers/container-source.ts'
import type { ContainerSource } from '../../../daemon/ports.ts'
import { NO_CONTAINERS } from '../../../shared/model/container.ts'
import { waitFor } from '../../helpers/wait-for.ts'
import {
  FETCH,
  recorded,
  recordedKernel,
  running,
  SIDE,
  type StandInEngine,
  sourceDeps,
  standInEngine,
  TIME,
} from './stand-in-engine.ts'

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
const followed = async (count = 3) =>
  await waitFor(() => engine.followers() === 1 && source.current().all.length === count, {
    what: `${count} containers, and somebody who follows`,
    deadlineMs: 5_000,
  })
const inspectedAs = (file: string, State: object): string => {
  const inspected = JSON.parse(recorded(file))
  return JSON.stringify({ ...inspected, State: { ...inspected.State, ...State } })
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
    const listed = lists()
    source.want(true, true)
    engine.emit(event(FETCH, 'start'))
    await waitFor(() => lists() >= listed + 3, { what: 'three more lists', deadlineMs: 5_000 })
    expect(source.current()).toBe(before)
    expect(changes).toBe(told)
  })

  it('asks again and again only while somebody waits', async () => {
    engine.routes.set('/containers/json', '[]')
    source.want(true, true)
    await followed(0)
    const listed = JSON.parse(recorded('list.json'))
    engine.routes.set('/containers/json', JSON.stringify(listed))
    await followed(3)
  })

  it('follows a container from its start to its end', async () => {
    engine.routes.set('/containers/json', '[]')
    source.want(true, false)
    await followed(0)
    for (const line of recorded('events.ndjson').split('\n').slice(0, 5)) engine.emit(`${line}\n`)
    await waitFor(() => find(FETCH)?.pid === 4242, { what: 'it runs', deadlineMs: 5_000 })
    engine.routes.set(
      `/containers/${FETCH}/json`,
      inspectedAs('inspect-fetch.json', { Running: false, Pid: 0 }),
    )
    engine.emit(event(FETCH, 'die'))
    await waitFor(() => find(FETCH)?.running === false, { what: 'it ended', deadlineMs: 5_000 })
    expect(find(FETCH)).toMatchObject({ pid: null, published: [] })
    engine.emit(event(FETCH, 'destroy'))
    await waitFor(() => find(FETCH) === undefined, { what: 'it is gone', deadlineMs: 5_000 })
  })

  it('knows a container that was started again', async () => {
    source.want(true, false)
    await followed()
    expect(find(TIME)?.running).toBe(false)
    processes.set(5000, TIME)
    engine.routes.set(
      `/containers/${TIME}/json`,
      inspectedAs('inspect-time.json', { Running: true, Pid: 5000 }),
    )
    engine.emit(event(TIME, 'start'))
    await waitFor(() => find(TIME)?.pid === 5000, { what: 'it runs again', deadlineMs: 5_000 })
  })

  it('notices the end of a process that nobody tells of', async () => {
    source.want(true, false)
    await followed()
    processes.delete(4300)
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
    const renamed = { ...JSON.parse(recorded('inspect-fetch.json')), Name: '/other' }
    engine.routes.set(`/containers/${FETCH}/json`, JSON.stringify(renamed))
    engine.emit(event(FETCH, 'rename'))
    await waitFor(() => find(FETCH)?.name === 'other', { what: 'its name', deadlineMs: 5_000 })
  })

  it('asks once more for what could not be learned', async () => {
    engine.routes.set(`/containers/${FETCH}/json`, '{')
    source.want(true, false)
    await followed(2)
    engine.routes.set(`/containers/${FETCH}/json`, recorded('inspect-fetch.json'))
    source.want(true, true)
    await followed(3)
  })
})
