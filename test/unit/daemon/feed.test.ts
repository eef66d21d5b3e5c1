import { describe, expect, it } from 'vitest'
import { createFeed } from '../../../daemon/feed.ts'

const drained = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the feed', () => {
  it('gives every subscriber every value in order, after the publisher went on', async () => {
    const feed = createFeed<number>(10)
    const one: number[] = []
    const two: number[] = []
    feed.subscribe((value) => one.push(value))
    feed.subscribe((value) => two.push(value))
    feed.publish(1)
    feed.publish(2)
    expect(one).toEqual([])
    await drained()
    expect(one).toEqual([1, 2])
    expect(two).toEqual([1, 2])
  })

  it('drops the oldest beyond the limit and counts it', async () => {
    const feed = createFeed<number>(2)
    const got: number[] = []
    feed.subscribe((value) => got.push(value))
    for (const value of [1, 2, 3, 4]) feed.publish(value)
    await drained()
    expect(got).toEqual([3, 4])
    expect(feed.dropped()).toBe(2)
  })

  it('forgets who unsubscribed', async () => {
    const feed = createFeed<number>(2)
    const got: number[] = []
    const leave = feed.subscribe((value) => got.push(value))
    leave()
    feed.publish(1)
    await drained()
    expect(got).toEqual([])
  })
})
