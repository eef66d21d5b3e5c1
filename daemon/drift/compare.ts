/** What makes two prints of one entry differ. Pure. */
import type { Difference, Print } from '../../shared/model/drift.ts'

/**
 * Empty for the same. Arguments are told only where nothing else explains that the entry is another: a package and its
 * version are among the arguments themselves.
 */
export function compare(before: Print, now: Print): readonly Difference[] {
  const found = before.whole === now.whole ? [] : differences(before, now)
  if (before.disabled === now.disabled) return found
  const [from, to] = [before.disabled, now.disabled].map((off) => (off ? 'off' : 'on'))
  return [...found, { field: 'switch', from: from ?? null, to: to ?? null }]
}

function differences(before: Print, now: Print): Difference[] {
  const found: Difference[] = []
  if (before.program !== now.program)
    found.push({ field: 'command', from: commandText(before), to: commandText(now) })
  if (before.package !== now.package)
    found.push({ field: 'package', from: packageText(before), to: packageText(now) })
  else if (before.version !== now.version)
    found.push({ field: 'version', from: before.version, to: now.version })
  if (before.url !== now.url) found.push({ field: 'url', from: before.url, to: now.url })
  if (found.length > 0) return found
  return [{ field: 'arguments', from: null, to: null }]
}

function commandText({ command, transport }: Print): string | null {
  return transport === 'stdio' ? command : `over ${transport}`
}

function packageText({ package: name, version }: Print): string | null {
  return name === null || version === null ? name : `${name} ${version}`
}

/** In few words, for where an entry is told as a whole; null where nothing of it may be shown. */
export function summaryOf(print: Print): string | null {
  if (print.url !== null) return print.url
  const name = packageText(print)
  if (name === null) return commandText(print)
  return print.command === null ? name : `${print.command}: ${name}`
}
