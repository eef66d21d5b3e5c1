/** What a real Docker told while a scene was played, from its first event to its last. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FollowEvents, followEvents } from '../../../daemon/containers/ask.ts'
import { createContainerSource } from '../../../daemon/containers/container-source.ts'
import type { ContainerSource } from '../../../daemon/ports.ts'
import { waitFor } from '../../helpers/wait-for.ts'
import {
  eventChunks,
  FETCH,
  HOW_MANY,
  idOf,
  inspected,
  pidOf,
  SCENES,
  type Scene,
} from './recorded.ts'
import { type StandInEngine, sourceDeps, standInEngine } from './stand-in-engine.ts'

let engine: StandInEngine
beforeEach(async () => {
  engine = await standInEngine()
})
afterEach(async () => await engine.close())

const followed = async () =>
  await waitFor(() => engine.followers() === 1, { what: 'somebody follows', deadlineMs: 5_000 })

describe('the events of Docker', () => {
  it('come a line each, and are read as well where they are cut or run together', async () => {
    const all = eventChunks.join('')
    const lines = all.trim().split('\n')
    // As it was with this engine.
    expect(eventChunks).toEqual(lines.map((line) => `${line}\n`))
    for (const pieces of [eventChunks, [all], all.match(/.{1,1000}/gs) ?? []]) {
      const told: string[] = []
      const following = followEvents(engine.socket, '/events', {
        opened: () => undefined,
        line: (line) => void told.push(line),
        ended: () => undefined,
      })
      await followed()
      for (const piece of pieces) engine.emit(piece)
      await waitFor(() => told.length >= lines.length, { what: 'all lines', deadlineMs: 5_000 })
      expect(told).toEqual(lines)
      following.stop()
      await waitFor(() => engine.followers() === 0, { what: 'nobody', deadlineMs: 5_000 })
    }
  })

  describe('while nothing is listed', () => {
    let source: ContainerSource
    beforeEach(async () => {
      engine.routes.set('/containers/json', '[]')
      // It is not told that it follows, so that it does not look again then.
      const follow: FollowEvents = (socket, path, sink) =>
        followEvents(socket, path, { ...sink, opened: () => undefined })
      source = createContainerSource(sourceDeps(engine.socket, { follow }))
      source.want(true, false)
      await followed()
    })
    afterEach(() => source.stop())

    it('make every container known that there is in the end, and no other', async () => {
      const end = eventChunks.findIndex((each) => each.includes('"die"') && each.includes(FETCH))
      for (const chunk of eventChunks.slice(0, end)) engine.emit(chunk)
      const known = () => source.current().all
      await waitFor(() => known().length === HOW_MANY, { what: 'all of them', deadlineMs: 5_000 })
      const pids = Object.fromEntries(known().map(({ id, pid }) => [id, pid]))
      const expected = SCENES.map((scene: Scene) => [idOf(scene), pidOf(scene) || null])
      expect(pids).toEqual(Object.fromEntries(expected))
      expect(known().find(({ id }) => id === idOf('renamed'))?.name).toBe('after')

      const { State, ...rest } = inspected('fetch')
      const ended = { ...rest, State: { ...State, Running: false, Pid: 0 } }
      engine.routes.set(`/containers/${FETCH}/json`, JSON.stringify(ended))
      engine.emit(eventChunks[end] ?? '')
      const fetch = () => known().find(({ id }) => id === FETCH)
      await waitFor(() => fetch()?.running === false, { what: 'it ended', deadlineMs: 5_000 })
      expect(fetch()).toMatchObject({ pid: null, published: [] })
      for (const chunk of eventChunks.slice(end + 1)) engine.emit(chunk)
      await waitFor(() => known().length === HOW_MANY - 1, {
        what: 'it is gone',
        deadlineMs: 5_000,
      })
      expect(fetch()).toBeUndefined()
    })

    it('do not have it asked about health checks, pauses and what attaches', async () => {
      const telling = /"Action":"(create|start|die|restart|rename|destroy)"/
      const asked = () => engine.asked.filter((each) => /containers.[0-9a-f]{64}/.test(each))
      for (const chunk of eventChunks.filter((each) => !telling.test(each))) engine.emit(chunk)
      engine.emit(eventChunks.find((each) => each.includes(idOf('created'))) ?? '')
      await waitFor(() => asked().length > 0, { what: 'the last one', deadlineMs: 5_000 })
      expect(asked()).toEqual([`GET /v1.41/containers/${idOf('created')}/json`])
    })
  })
})
