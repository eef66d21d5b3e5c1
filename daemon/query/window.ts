/** The span of time that a question is about. */
import ms from 'ms'
import { McpWatchError } from '../../shared/errors.ts'
import type { EpochMs } from '../../shared/model/ids.ts'

/** Both ends belong to it. */
export interface Window {
  readonly from: EpochMs
  readonly to: EpochMs
}

/** As a user writes it: `since` like 24h or 7d back from `to`, or `from`; times in ISO 8601. */
export interface WindowWords {
  readonly since?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

export const DEFAULT_WINDOW_MS = 24 * 3_600_000
const SHORTEST_MS = 1_000
const LONGEST_MS = 10 * 365.25 * 24 * 3_600_000
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]{5,16}(Z|[+-]\d\d:\d\d)$/
const DURATION = /^\d{1,12}(\.\d{1,6})? ?[a-z]{1,12}$/i

function wrong(message: string): McpWatchError {
  return new McpWatchError('USAGE', message, { hint: 'for example 90s, 15m, 24h or 7d' })
}

/** Milliseconds of a duration with a unit, from one second to ten years. Throws McpWatchError USAGE. */
export function parseDuration(text: string): number {
  // Checked before `ms` sees it: that also takes bare numbers and negative ones.
  const value = DURATION.test(text) ? ms(text as ms.StringValue) : Number.NaN
  if (!Number.isFinite(value)) throw wrong('the duration is not a number with a unit')
  if (value < SHORTEST_MS || value > LONGEST_MS) {
    throw wrong('the duration has to be between one second and ten years')
  }
  return Math.round(value)
}

function parseTime(text: string, name: string): EpochMs {
  const value = TIME.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(value)) return value
  throw new McpWatchError('USAGE', `${name} is not a time`, {
    hint: 'write it like 2026-01-31T12:00:00Z',
  })
}

/** The window that the words mean at `now`; without words the last 24 hours. A `to` in the future is now. */
export function parseWindow(words: WindowWords, now: EpochMs): Window {
  if (words.since !== undefined && words.from !== undefined) {
    throw new McpWatchError('USAGE', 'since and from exclude each other')
  }
  const to = words.to === undefined ? now : Math.min(now, parseTime(words.to, 'to'))
  const from =
    words.from === undefined
      ? to - (words.since === undefined ? DEFAULT_WINDOW_MS : parseDuration(words.since))
      : parseTime(words.from, 'from')
  if (to - from < SHORTEST_MS || to - from > LONGEST_MS) {
    throw new McpWatchError('USAGE', 'from has to be one second to ten years before to', {
      hint: 'times in the future count as now',
    })
  }
  return { from, to }
}

/** The part of a span inside the window; null when there is none. */
export function clip(window: Window, from: EpochMs, to: EpochMs): Window | null {
  const clipped = { from: Math.max(window.from, from), to: Math.min(window.to, to) }
  return clipped.to >= clipped.from ? clipped : null
}
