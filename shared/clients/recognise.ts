/** Tells whether a process is a known client. Pure. */
import { interpreterOf } from '../argv/interpreter.ts'
import type { Process } from '../model/process.ts'
import { basename } from '../text/basename.ts'
import type { ClientRow } from './row.ts'
import { CLIENTS } from './table.ts'

/**
 * The id of the client that `process` is, or null. Evidence in this order: the executable's path, the package of the
 * script that an interpreter runs, and argv[0] — this one only where the executable is not known, or is an interpreter
 * of a client that renames its own process: argv[0] is the process' own to forge.
 */
export function recogniseClient(
  process: Process,
  clients: readonly ClientRow[] = CLIENTS,
): string | null {
  const row = clients.find((client) => isClient(process, client))
  return row === undefined || runsAsServer(process, row) ? null : row.id
}

function isClient(process: Process, { running }: ClientRow): boolean {
  const { executable, script } = process
  if (executable !== null) {
    // proc(5): the link of a replaced image ends in " (deleted)"; clients update themselves while they run.
    const path = executable.replace(/ \(deleted\)$/, '')
    if (running.executables.includes(basename(path))) return true
    if (hasPart(path, running.paths)) return true
    if (interpreterOf(path) === null) return false
  }
  if (script?.package?.ecosystem === 'npm' && running.packages.includes(script.package.name))
    return true
  const first = process.argv[0] ?? ''
  if (executable !== null || process.argvForm === 'rewritten')
    return (
      process.argvForm === 'rewritten' && running.titles.includes(first.trim().split(' ')[0] ?? '')
    )
  if (process.argvForm === 'joined') return startsWithProgram(process.argv.join(' '), running)
  return running.executables.includes(basename(first)) || hasPart(first, running.paths)
}

/** A joined command line has lost where its first word ends: paths of applications hold spaces. */
function startsWithProgram(line: string, running: ClientRow['running']): boolean {
  const firstWord = line.split(' ')[0] ?? ''
  if (running.executables.includes(basename(firstWord))) return true
  return running.paths.some((part) => {
    const at = line.indexOf(part)
    return at >= 0 && line.startsWith('/') && !/ [-/]/.test(line.slice(0, at))
  })
}

function hasPart(path: string, parts: readonly string[]): boolean {
  return parts.some((part) => path.includes(part))
}

/** `codex mcp-server` is a server like any other, not a client that its own tree ends at. */
function runsAsServer(process: Process, { running }: ClientRow): boolean {
  const words = process.argvForm === 'given' ? process.argv : process.argv.join(' ').split(' ')
  return running.asServer.some((mode) =>
    [1, 2].some((start) => mode.every((word, index) => words[start + index] === word)),
  )
}
