/** What the kernel answered when it refused our programs, for `doctor`. Pure. */
import { stripControl } from '../../../shared/text/control.ts'
import { refusalOf } from './refusal.ts'

/** The verifier ends with what it minds; what comes before is every instruction it went through. */
const LAST_LINES = 5
const MAX_LINE = 200

/** A line for each step that failed; empty for any other error. */
export function kernelSaid(error: unknown): string[] {
  const { failures = [] } = refusalOf(error) ?? {}
  return failures.map(({ variant, step, name, errno, log }) => {
    const what = name === '' ? step : `${step} ${name}`
    const lines = log.split('\n').map((line) => stripControl(line).trim())
    const words = lines.filter((line) => line !== '').slice(-LAST_LINES)
    const said = words.map((line) => line.slice(0, MAX_LINE)).join(' | ')
    return `the kernel to ${what} (${variant}): ${errno}${said === '' ? '' : `: ${said}`}`
  })
}
