/** Which commands a Python distribution installs, by its entry_points.txt (Entry points specification). Pure and total. */

/** Whether the text of an entry_points.txt declares the command `name` in `console_scripts` or `gui_scripts`. */
export function declaresCommand(text: string, name: string): boolean {
  let within = false
  for (const line of text.split('\n')) {
    const section = /^\s*\[([^\]]*)\]\s*$/.exec(line)?.[1]?.trim()
    if (section !== undefined) within = section === 'console_scripts' || section === 'gui_scripts'
    else if (within && nameIn(line) === name) return true
  }
  return false
}

/** What stands before the first `=`; null for a line without one. */
function nameIn(line: string): string | null {
  const end = line.indexOf('=')
  return end < 0 ? null : line.slice(0, end).trim() || null
}
