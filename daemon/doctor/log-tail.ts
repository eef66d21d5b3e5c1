/** The end of the daemon's log: how much went wrong, and the last of it. Pure; any text will do. */
import type { Doctor } from '../../shared/contract/doctor.ts'
import { stripControl } from '../../shared/text/control.ts'
import { truncate } from '../../shared/text/truncate.ts'

/** pino's levels. */
const WARNING = 40
const ERROR = 50
const LATEST_DATE_MS = 8_640_000_000_000_000
const MOST_SHOWN = 5
const MAX_MESSAGE = 200

export interface LogLine {
  readonly time: string
  readonly level: number
  readonly message: string
  /** Our own code of an error, where the line has one. */
  readonly code: string | null
}

/** Lines in pino's form; anything else, such as a first line that was cut, is passed over. */
export function parseLog(text: string): readonly LogLine[] {
  return text.split('\n').flatMap((line) => lineOf(line) ?? [])
}

function lineOf(line: string): LogLine | null {
  try {
    const value = JSON.parse(line) as unknown
    if (typeof value !== 'object' || value === null) return null
    const { level, time, msg, err } = value as Record<string, unknown>
    if (typeof level !== 'number' || typeof time !== 'number' || typeof msg !== 'string')
      return null
    if (!(Math.abs(time) <= LATEST_DATE_MS)) return null
    const at = new Date(time).toISOString()
    return /^\d{4}-/.test(at)
      ? { time: at, level, message: truncate(stripControl(msg), MAX_MESSAGE), code: codeOf(err) }
      : null
  } catch {
    return null
  }
}

function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && /^[A-Za-z_]{1,40}$/.test(code) ? code : null
}

export function logFacts(
  lines: readonly LogLine[],
): Pick<Doctor['log'], 'warnings' | 'errors' | 'last'> {
  const serious = lines.filter(({ level }) => level >= WARNING)
  const errors = serious.filter(({ level }) => level >= ERROR).length
  return {
    warnings: serious.length - errors,
    errors,
    last: serious.slice(-MOST_SHOWN).map(({ time, level, message, code }) => ({
      time,
      level: level >= ERROR ? ('error' as const) : ('warning' as const),
      message: code === null ? message : `${message} (${code})`,
    })),
  }
}
