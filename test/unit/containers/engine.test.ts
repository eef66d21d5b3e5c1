import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ask, followEvents } from '../../../daemon/containers/ask.ts'
import { createEngine, type Engine } from '../../../daemon/containers/engine.ts'
import { waitFor } from '../../helpers/wait-for.ts'
import {
  FETCH,
  recorded,
  recordedKernel,
  running,
  type StandInEngine,
  standInEngine,
} from './stand-in-engine.ts'

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
    standIn.routes.set(`/containers/${FETCH}/json`, recorded('inspect-fetch.json'))
    await engine.look()
    expect(engine.isFollowed()).toBe(true)
  })

  it('is asked nothing about what it told of before', async () => {
    await engine.look()
    const asked = standIn.asked.length
    await engine.look()
    expect(standIn.asked.slice(asked)).toEqual(['GET /v1.47/containers/json?all=true'])
  })
})
