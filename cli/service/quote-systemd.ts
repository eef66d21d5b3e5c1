/** Writing words into a unit file: systemd.syntax(7), "Quoting"; systemd.unit(5), "Specifiers"; systemd.service(5). Pure. */
import { McpWatchError } from '../../shared/errors.ts'

/** A word of any setting whose value is split at spaces and has its specifiers expanded. */
export function unitWord(text: string): string {
  refuseControl(text)
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')
  return /^[\w./:@+=,%-]+$/.test(escaped) ? escaped : `"${escaped}"`
}

/** A word of a command line after its first: there `$` begins a variable as well ("Command lines"). */
export function commandWord(text: string): string {
  return unitWord(text.replaceAll('$', '$$$$'))
}

/** `NAME=value`, quoted as a whole; `$` means nothing in Environment=. */
export function environmentWord(name: string, value: string): string {
  return unitWord(`${name}=${value}`)
}

/** systemd takes no path with control characters, however it is written (`string_is_safe` of its sources). */
function refuseControl(text: string): void {
  if (!/[\u0000-\u001f\u007f]/.test(text)) return
  throw new McpWatchError('SERVICE_MANAGER', 'a path has characters that no unit can hold', {
    hint: 'a folder of yours, or the one of mcp-watch, has a control character in its name',
  })
}
