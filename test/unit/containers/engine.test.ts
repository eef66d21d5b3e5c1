import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ask, followEvents } from '../../../daemon/containers/ask.ts'
import { createEngine, type Engine } from '../../../daemon/containers/engine.ts'
import { waitFor } from '../../helpers/wait-for.ts'
import { FETCH, inspected, running } from './recorded.ts'
import { recordedKernel, type StandInEngine, standInEngine } from './stand-in-engine.ts'

let standIn: StandInEngine
let engine: Engine
beforeEach(async () => {
  standIn = await standInEngine()
  engine = createEngine(
    { engine: 'docker', path: standIn.socket },
    {
      ask,
      follow: followEvents,
      kernel: recordedKernel(running()),
      clock: { monotonicMs: () => performance.now() },
      log: { warn: () => undefined },
      onChange: () => undefined,
    },
  )
})
afterEach(async () => {
  engine.stop()
  await standIn.close()
})

describe('an engine that tells what happens', () => {
  it('is asked again where an answer of its was of no use', async () => {
    engine.follow()
    await engine.look()
    await waitFor(() => standIn.followers() === 1, { what: 'somebody follows', deadlineMs: 5_000 })
    // The look that begins when events do.
    await engine.look()
    expect(engine.isFollowed()).toBe(true)
    standIn.routes.set(`/containers/${FETCH}/json`, '{')
    standIn.emit(`{"Type":"container","Action":"start","Actor":{"ID":"${FETCH}"}}\n`)
    await waitFor(() => !engine.isFollowed(), { what: 'it was missed', deadlineMs: 5_000 })
    standIn.routes.set(`/containers/${FETCH}/json`, JSON.stringify(inspected('fetch')))
    await engine.look()
    expect(engine.isFollowed()).toBe(true)
  })

  it('is asked nothing about what it told of before', async () => {
    await engine.look()
    const asked = standIn.asked.length
    await engine.look()
    expect(standIn.asked.slice(asked)).toEqual(['GET /v1.41/containers/json?all=true'])
  })

  it('is only asked any more when it tells without end', async () => {
    const warned: string[] = []
    const flooded = createEngine(
      { engine: 'docker', path: standIn.socket },
      {
        ask,
        follow: followEvents,
        kernel: recordedKernel(running()),
        clock: { monotonicMs: () => 1 },
        log: { warn: (_, message) => void warned.push(message) },
        onChange: () => undefined,
      },
    )
    flooded.follow()
    await flooded.look()
    await waitFor(() => standIn.followers() === 1, { what: 'somebody follows', deadlineMs: 5_000 })
    await flooded.look()
    const asked = standIn.asked.length
    const line = `{"Type":"container","Action":"start","Actor":{"ID":"${FETCH}"}}\n`
    standIn.emit(line.repeat(20_000))
    await waitFor(() => standIn.followers() === 0, { what: 'it hung up', deadlineMs: 5_000 })
    expect(flooded.isFollowed()).toBe(false)
    expect(warned).toHaveLength(1)
    expect(standIn.asked.length - asked).toBeLessThan(10)
    // It does not begin anew by itself.
    await flooded.look()
    expect(standIn.followers()).toBe(0)
    flooded.stop()
  })
})
