/** A server as it can be typed in a command that is shown: names are somebody else's, and what is shown gets pasted. */
import { clean } from './text.ts'

const PLAIN = /^[A-Za-z0-9_@%+=:,./][A-Za-z0-9_@%+=:,./-]*$/
/** What a shell leaves alone in single quotes; `!` is history in an interactive one. */
const QUOTABLE = /^[^'!\p{Cc}\p{Cf}-][^'!\p{Cc}\p{Cf}]*$/u

/** Its name, quoted where a shell needs it; its id where the name cannot be typed safely. */
export function serverWord({ name, id }: { readonly name: string; readonly id: string }): string {
  if (PLAIN.test(name)) return name
  return QUOTABLE.test(name) && clean(name) === name ? `'${name}'` : clean(id)
}
