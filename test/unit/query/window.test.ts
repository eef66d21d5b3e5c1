import { describe, expect, it } from 'vitest'
import { clip, parseDuration, parseWindow } from '../../../daemon/query/window.ts'
import { iso } from '../../../shared/text/iso.ts'

const NOW = Date.UTC(2026, 0, 15, 12)
const HOUR = 3_600_000

describe('parseDuration', () => {
  it.each([
    ['1s', 1_000],
    ['90s', 90_000],
    ['1.5h', 1.5 * HOUR],
    ['24h', 24 * HOUR],
    ['7d', 7 * 24 * HOUR],
    ['2 weeks', 14 * 24 * HOUR],
    ['10y', 10 * 365.25 * 24 * HOUR],
  ])('takes %s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected)
  })

  it.each([
    '',
    '24',
    '-1h',
    '999ms',
    '0s',
    'inf',
    'Infinity',
    'NaN',
    '1e9d',
    '11y',
    '9999999999y',
    '1 fortnight',
    '1h; ',
    'h',
    '١h',
    `${'9'.repeat(400)}d`,
    '1h\n',
  ])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })
})

describe('parseWindow', () => {
  it('is the last 24 hours without words', () => {
    expect(parseWindow({}, NOW)).toEqual({ from: NOW - 24 * HOUR, to: NOW })
  })

  it('counts since back from to', () => {
    const to = '2026-01-15T10:00:00+01:00'
    expect(parseWindow({ since: '1h', to }, NOW)).toEqual({
      from: NOW - 4 * HOUR,
      to: NOW - 3 * HOUR,
    })
  })

  it('takes a time in the future for now', () => {
    expect(parseWindow({ since: '1h', to: '2999-01-01T00:00:00Z' }, NOW).to).toBe(NOW)
  })

  it.each([
    { since: '1h', from: '2026-01-01T00:00:00Z' },
    { from: 'yesterday' },
    { from: '2026-01-01T00:00:00' },
    { from: '2026-13-01T00:00:00Z' },
    { to: '' },
    { from: '2026-01-15T12:00:00Z' },
    { from: '1999-01-01T00:00:00Z' },
    { from: '2026-01-10T00:00:00Z', to: '2026-01-09T00:00:00Z' },
  ])('refuses %j', (words) => {
    expect(() => parseWindow(words, NOW)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })
})

describe('iso and clip', () => {
  it('writes any number as a time', () => {
    const times = [NOW + 0.4, Number.NaN, -1, 1e300, Number.NEGATIVE_INFINITY].map(iso)
    expect(times[0]).toBe('2026-01-15T12:00:00.000Z')
    for (const time of times) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  it('cuts a span to the window', () => {
    expect(clip({ from: 10, to: 20 }, 5, 15)).toEqual({ from: 10, to: 15 })
    expect(clip({ from: 10, to: 20 }, 21, 25)).toBeNull()
  })
})
