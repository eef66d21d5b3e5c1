/**
 * Reads the commands of a shell program that declare servers, as Crush has them in its `crushrc`: `mcp add NAME
 * --command X --args Y`. It is read and not run: whatever a condition decides on counts, and what is only computed is
 * open. Total.
 */
import { splitCommands } from '../../shared/text/words.ts'
import { type Document, failed, type Parsed } from './document.ts'

/** No configuration is as long as this. */
const MAX_LENGTH = 512 * 1024
/** Words after which a command may begin. */
const OPENERS = new Set(['then', 'do', 'else', '{', '(', '!', 'builtin', 'command'])
/** Take two words. */
const PAIRS = new Set(['--env', '--header'])
const TRUE = new Set(['true', '1', 'yes'])

/** The servers are at `mcp`, each as an entry of the usual form. */
export function parseShell(source: string): Parsed {
  if (source.length > MAX_LENGTH)
    return failed('larger than 512 KiB, too large for a program', null)
  // A line goes on behind a backslash; a comment is none.
  const program = source.replace(/\\\r?\n/g, ' ').replace(/^[ \t]*#.*$/gm, '')
  const servers = new Map<string, object>()
  for (const words of splitCommands(program)) {
    const start = words.findIndex((word) => !OPENERS.has(word))
    const [command, action, name, ...flags] = words.slice(Math.max(start, 0))
    if (command !== 'mcp' || name === undefined) continue
    if (action === 'add') servers.set(name, { ...servers.get(name), ...entryOf(flags) })
    else if (action === 'remove' || action === 'rm') servers.delete(name)
  }
  return { ok: true, document: documentOf(servers) }
}

/** Of the flags only those that say what runs; of variables and headers nothing is taken. */
function entryOf(flags: readonly string[]): Readonly<Record<string, unknown>> {
  const entry: Record<string, unknown> = {}
  const args: string[] = []
  for (let index = 0; index < flags.length; index += 1) {
    const [flag = '', ...rest] = (flags[index] ?? '').split('=')
    if (!flag.startsWith('--')) continue
    const value = rest.length > 0 ? rest.join('=') : (flags[++index] ?? '')
    if (PAIRS.has(flag)) index += rest.length > 0 ? 0 : 1
    else if (flag === '--args') args.push(value)
    else if (flag === '--disabled') entry['disabled'] = TRUE.has(value.toLowerCase())
    else if (flag === '--command' || flag === '--url' || flag === '--type')
      entry[flag.slice(2)] = value
  }
  return args.length === 0 ? entry : { ...entry, args }
}

function documentOf(servers: ReadonlyMap<string, object>): Document {
  return {
    items: (path) =>
      path.join() === 'mcp'
        ? {
            kind: 'items',
            items: [...servers].map(([key, entry]) => ({
              key,
              value: () => entry,
              position: null,
              replaced: false,
            })),
          }
        : { kind: 'absent' },
    value: () => undefined,
  }
}
