/** Words of a command that is shown: names are somebody else's, and what is shown gets pasted into a shell. */
import { stripControl } from './control.ts'

const PLAIN = /^[A-Za-z0-9_@%+=:,./[\]][A-Za-z0-9_@%+=:,./[\]-]*$/
/** Left alone in single quotes; `!` is history in an interactive shell, a dash in front would be an option. */
const QUOTABLE = /^[^'!-][^'!]*$/u

/** The word as it can be typed, quoted where a shell needs it; null where it cannot be typed safely. */
export function shellWord(text: string): string | null {
  if (PLAIN.test(text)) return /[[\]]/.test(text) ? `'${text}'` : text
  return QUOTABLE.test(text) && stripControl(text) === text ? `'${text}'` : null
}
