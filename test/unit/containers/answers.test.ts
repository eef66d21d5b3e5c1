import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  eventOf,
  inspectSchema,
  listSchema,
  parseAs,
  versionSchema,
} from '../../../daemon/containers/answers.ts'
import { containerOf } from '../../../daemon/containers/container-of.ts'
import { createQueue } from '../../../daemon/containers/queue.ts'
import { eventChunks, FETCH, idOf, inspected } from './recorded.ts'

const anything = fc.oneof(fc.string(), fc.json())

describe('answers', () => {
  it('may be anything', () => {
    fc.assert(
      fc.property(anything, (text) => {
        for (const schema of [versionSchema, inspectSchema, listSchema])
          parseAs<unknown>(schema, text)
        expect(eventOf(text)).toBeNull()
      }),
    )
  })

  it('may be wrong anywhere', () => {
    const right = inspected('fetch')
    const parts = Object.keys(right).flatMap((key) => [
      [key],
      ...Object.keys(Object(right[key])).map((inner) => [key, inner]),
    ])
    fc.assert(
      fc.property(fc.constantFrom(...parts), fc.jsonValue(), ([key = '', inner], value) => {
        const part = inner === undefined ? value : { ...right[key], [inner]: value }
        const wrong = parseAs(inspectSchema, JSON.stringify({ ...right, [key]: part }))
        const told = wrong === null ? null : containerOf('docker', wrong, null)
        if (told === null) return
        const { container, toldPid } = told
        expect(container.id).toMatch(/^[0-9a-f]{64}$/)
        expect(container.name).toMatch(/^[\w.-]+$/)
        expect(Number.isFinite(container.createdAt)).toBe(true)
        expect(container.pid).toBeNull()
        expect(toldPid === null || toldPid > 1).toBe(true)
        for (const { port, hostPort } of container.published)
          expect(port > 0 && port < 65_536 && hostPort > 0 && hostPort < 65_536).toBe(true)
      }),
    )
  })

  it('of events tell of containers alone, and of what changes them', () => {
    const told = eventChunks.join('').trim().split('\n')
    const known = told.flatMap((line) => {
      const event = eventOf(line)
      return event === null ? [] : [[JSON.parse(line).Action, event] as const]
    })
    const changed = { id: FETCH, isGone: false }
    expect(known.filter(([, { id }]) => id === FETCH)).toEqual([
      ['create', changed],
      ['start', changed],
      ['die', changed],
      ['destroy', { id: FETCH, isGone: true }],
    ])
    const renamed = known.filter(([, { id }]) => id === idOf('renamed')).map(([action]) => action)
    expect(renamed).toEqual(['create', 'start', 'die', 'start', 'restart', 'rename'])
    // Health checks are told of for as long as it runs.
    const checked = known.filter(([, { id }]) => id === idOf('checked')).map(([action]) => action)
    expect(checked).toEqual(['create', 'start'])
    const network = { ...JSON.parse(told[0] ?? ''), Type: 'network' }
    expect(eventOf(JSON.stringify(network))).toBeNull()
  })
})

describe('a queue', () => {
  it('does a few at once, none twice at once, and again what came meanwhile', async () => {
    const done: string[] = []
    const open = new Map<string, () => void>()
    const queue = createQueue(2, 10, async (name) => {
      expect(open.has(name)).toBe(false)
      await new Promise<void>((resolve) => open.set(name, resolve))
      open.delete(name)
      done.push(name)
    })
    for (const name of ['a', 'b', 'c', 'a', 'a']) queue.add(name)
    expect([...open.keys()]).toEqual(['a', 'b'])
    let isIdle = false
    const idle = queue.idle().then(() => {
      isIdle = true
    })
    while (!isIdle) {
      expect(open.size).toBeLessThanOrEqual(2)
      for (const end of [...open.values()].reverse()) end()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await idle
    expect(done.toSorted()).toEqual(['a', 'a', 'b', 'c'])
  })

  it('lets no more wait than it may', async () => {
    const done: string[] = []
    const queue = createQueue(1, 3, async (name) => {
      done.push(name)
      await Promise.resolve()
    })
    for (const name of 'abcdefgh') queue.add(name)
    await queue.idle()
    expect(done).toHaveLength(4)
  })
})
