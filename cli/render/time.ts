/** Times and lengths of time for people: local time, two units at most. */

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
]

/** `23 h 10 m`, `1.5 s`, `200 ms`; days from two on. Rounded down, so that what was watched is never overstated. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.floor(ms))} ms`
  if (ms < 10_000) return `${Math.floor(ms / 100) / 10} s`
  const first = UNITS.findIndex(([unit, length]) => ms >= (unit === 'd' ? 2 * length : length))
  const parts: string[] = []
  let rest = ms
  for (const [unit, length] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(rest / length)
    rest -= count * length
    if (count > 0) parts.push(`${count} ${unit}`)
  }
  return parts.join(' ')
}

/** `2026-11-22 10:04:05`, in local time. */
export function moment(time: string | number): string {
  const date = new Date(time)
  return `${day(date)} ${clock(date)}`
}

/** Only the clock when it was on the same day as `nowMs`. */
export function shortMoment(time: string | number, nowMs: number): string {
  const date = new Date(time)
  return day(date) === day(new Date(nowMs)) ? clock(date) : `${day(date)} ${clock(date)}`
}

/** `3 m ago`. */
export function ago(time: string | number, nowMs: number): string {
  const ms = nowMs - new Date(time).getTime()
  if (ms < 1000) return 'now'
  const [unit, length] = UNITS.find(([, each]) => ms >= each) ?? ['s', 1000]
  return `${Math.floor(ms / length)} ${unit} ago`
}

function day(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

function clock(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
