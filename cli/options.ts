/** Reads the values of options. */
import { InvalidArgumentError } from 'commander'
import ms, { type StringValue } from 'ms'
import { DURATION_SHAPE } from '../shared/text/duration.ts'

const SECOND_MS = 1000
const DAY_MS = 24 * 60 * 60 * SECOND_MS

/** A duration such as `24h`: as it was typed, and in milliseconds. */
export interface Duration {
  readonly text: string
  readonly ms: number
}

/** How far a report may look back. */
export const SINCE_BOUNDS = { least: SECOND_MS, most: 3650 * DAY_MS } as const
/** How often an engine may look. */
export const INTERVAL_BOUNDS = { least: 200, most: 60 * SECOND_MS } as const

export const DEFAULT_SINCE: Duration = { text: '24h', ms: DAY_MS }

/** A parser of durations within the bounds, as commander wants it: it throws what commander explains. */
export function durationWithin(bounds: {
  readonly least: number
  readonly most: number
}): (text: string) => Duration {
  return (text) => {
    const trimmed = text.trim()
    if (!DURATION_SHAPE.test(trimmed)) {
      throw new InvalidArgumentError('Give a number and a unit (ms, s, m, h, d or w), like 30s.')
    }
    const length = ms(trimmed as StringValue)
    if (!(length >= bounds.least && length <= bounds.most)) {
      throw new InvalidArgumentError(`It must be from ${ms(bounds.least)} to ${ms(bounds.most)}.`)
    }
    return { text: trimmed, ms: length }
  }
}

/** A TCP port; 0 is none. */
export function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new InvalidArgumentError('Give a number from 0 to 65535.')
  return port
}
