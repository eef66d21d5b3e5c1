/** Doing what was planned: folders, files, commands. The only part of this room that changes anything. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { McpWatchError } from '../../shared/errors.ts'
import type { PlannedCommand, PlannedFile, Scope } from './facts.ts'
import type { Host } from './gather.ts'

const RETRIES = 20
const RETRY_MS = 500

/** The text of a file; null when there is none. Throws SERVICE_MANAGER when it cannot be read. */
export function readInstalled(host: Host, scope: Scope, path: string): string | null {
  try {
    return ownerOf(host, scope)(() => readFileSync(path, 'utf8'))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw cannot('read', path, cause)
  }
}

/** Folders are always the user's; those that are there stay as they are. */
export function makeFolders(host: Host, folders: readonly string[]): void {
  for (const folder of folders) {
    try {
      host.asOwner(() => mkdirSync(folder, { recursive: true, mode: 0o700 }))
    } catch (cause) {
      throw cannot('make', folder, cause)
    }
  }
}

/** Beside it and renamed, so that a service manager never reads half a file. */
export function writeFile(host: Host, scope: Scope, { path, content, mode }: PlannedFile): void {
  const fresh = `${path}.new`
  try {
    ownerOf(
      host,
      scope,
    )(() => {
      rmSync(fresh, { force: true })
      writeFileSync(fresh, content, { mode, flag: 'wx' })
      renameSync(fresh, path)
    })
  } catch (cause) {
    throw cannot('write', path, cause)
  }
}

export function removeFile(host: Host, scope: Scope, path: string): void {
  try {
    ownerOf(host, scope)(() => rmSync(path, { force: true }))
  } catch (cause) {
    throw cannot('remove', path, cause)
  }
}

/** One after the other; throws SERVICE_MANAGER at the first that fails and may not. */
export async function runCommands(host: Host, commands: readonly PlannedCommand[]): Promise<void> {
  for (const command of commands) await runCommand(host, command)
}

async function runCommand(host: Host, command: PlannedCommand): Promise<void> {
  const { argv, as, purpose, mayFail = false, retry = false } = command
  const { logs = 'mcp-watch service logs' } = command
  for (let left = retry ? RETRIES : 0; ; left -= 1) {
    const result = await host.run(argv, as)
    if (result === null) {
      throw new McpWatchError('SERVICE_MANAGER', `${argv[0]} was not found`, {
        hint: 'this system has another service manager: run "mcp-watch start --detach" from it',
      })
    }
    if (result.code === 0 || mayFail) return
    if (left <= 0) {
      throw new McpWatchError('SERVICE_MANAGER', `could not ${purpose}`, {
        hint: `"${argv.join(' ')}" ended with ${result.code ?? result.signal ?? 'nothing'}; "${logs}" may say why`,
      })
    }
    await pause(RETRY_MS)
  }
}

/** The system's own folders are root's; everything else is the user's, also where root works for them. */
function ownerOf(host: Host, scope: Scope): <T>(work: () => T) => T {
  return (work) => (scope === 'user' ? host.asOwner(work) : work())
}

function cannot(verb: string, path: string, cause: unknown): McpWatchError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown'
  const hint = hintFor(code)
  return new McpWatchError('SERVICE_MANAGER', `cannot ${verb} ${path} (${code})`, { hint, cause })
}

function hintFor(code: string): string {
  switch (code) {
    case 'EISDIR':
      return 'a folder is in the place of the file: move it away'
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a file is where a folder has to be on the way there: move it away'
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk, or your share of it, is full'
    default:
      return 'see who owns it and its folder'
  }
}
