/** Changes the policy file as a whole or not at all, and never over somebody else's change. */
import {
  chownSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { McpWatchError } from '../../shared/errors.ts'
import { NEW_POLICY } from './new-file.ts'
import { parsePolicy } from './parse.ts'
import { type FileReading, readFile } from './read-file.ts'

const LOCK_EVERY_MS = 50
const LOCK_PATIENCE_MS = 3000
/** Whoever made a temporary file this long ago has died over it. */
const LOCK_STALE_MS = 30_000

export interface EditFileOptions {
  readonly path: string
  /** The new text from the present one, which is a valid policy without a byte order mark. */
  readonly edit: (text: string) => string
  readonly wallMs: () => number
  /** Called with the new text written and not yet in place; for tests. */
  readonly beforeReplace?: () => void
}

export interface FileEdit {
  readonly changed: boolean
  readonly created: boolean
}

/**
 * Reads, edits and replaces the file: a temporary one beside it, flushed, then renamed over it. A link is followed and
 * its target replaced. Throws McpWatchError POLICY_INVALID, POLICY_CHANGED or POLICY_FILE; then nothing has changed.
 */
export async function editPolicyFile(options: EditFileOptions): Promise<FileEdit> {
  const { wallMs } = options
  const path = prepare(options.path)
  const temporary = join(dirname(path), `.${basename(path)}.new`)
  const descriptor = await openAlone(temporary, wallMs)
  // Once it was renamed, what has its name is the next edit's.
  let ours = true
  try {
    const before = readFile(path)
    const text = textOf(before, options.path, wallMs())
    const mark = text.startsWith('\ufeff') ? '\ufeff' : ''
    const edited = mark + options.edit(text.slice(mark.length))
    if (edited === text) return { changed: false, created: false }
    checkEdited(edited, wallMs())
    writeFileSync(descriptor, edited)
    likeBefore(descriptor, temporary, path)
    fsyncSync(descriptor)
    options.beforeReplace?.()
    ours = replace(path, temporary, before, options.path)
    flushFolder(dirname(path))
    return { changed: true, created: before.kind === 'absent' }
  } catch (cause) {
    throw codeOf(cause) === null || cause instanceof McpWatchError
      ? cause
      : notWritable(options.path, cause)
  } finally {
    closeSync(descriptor)
    if (ours) rmSync(temporary, { force: true })
  }
}

/** Makes the folder; answers where a link leads. */
function prepare(path: string): string {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    try {
      return realpathSync(path)
    } catch (error) {
      // A link to nothing stays one: what it should lead to is not ours to make.
      if (codeOf(error) !== 'ENOENT' || isLink(path)) throw error
      return join(realpathSync(dirname(path)), basename(path))
    }
  } catch (cause) {
    throw notWritable(path, cause)
  }
}

/** The temporary file is the lock too: of two edits at once, one waits for the other. */
async function openAlone(temporary: string, wallMs: () => number): Promise<number> {
  const deadline = performance.now() + LOCK_PATIENCE_MS
  for (;;) {
    try {
      return openSync(temporary, 'wx', 0o600)
    } catch (cause) {
      if (codeOf(cause) !== 'EEXIST') throw notWritable(temporary, cause)
      removeStale(temporary, wallMs())
      if (performance.now() > deadline)
        throw new McpWatchError('POLICY_CHANGED', 'the policy is being changed by something else', {
          hint: `if nothing does, remove ${temporary}`,
          cause,
        })
      await new Promise((resolve) => setTimeout(resolve, LOCK_EVERY_MS))
    }
  }
}

function removeStale(temporary: string, now: number): void {
  const stat = statSync(temporary, { throwIfNoEntry: false })
  if (stat !== undefined && now - stat.mtimeMs > LOCK_STALE_MS) rmSync(temporary, { force: true })
}

function textOf(file: FileReading, path: string, now: number): string {
  if (file.kind === 'absent') return NEW_POLICY
  if (file.kind === 'unusable') throw invalid(path, file.message)
  const { policy, diagnostics } = parsePolicy(file.text, now)
  const error = diagnostics.find(({ severity }) => severity === 'error')
  if (policy !== null || error === undefined) return file.text
  throw invalid(`${path}:${error.line}:${error.column}`, `${error.message}; ${error.advice}`)
}

/** An edit only ever goes wrong by making the policy larger than a policy may be. */
function checkEdited(text: string, now: number): void {
  const error = parsePolicy(text, now).diagnostics.find(({ severity }) => severity === 'error')
  if (error === undefined) return
  throw new McpWatchError('POLICY_INVALID', `the policy could not be used then: ${error.message}`, {
    hint: 'nothing was changed',
  })
}

/** The mode, and for root the owner, of what is replaced; a new file is its folder's owner's alone. */
function likeBefore(descriptor: number, temporary: string, path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat !== undefined) fchmodSync(descriptor, stat.mode & 0o777)
  if (process.geteuid?.() !== 0) return
  const owner = stat ?? statSync(dirname(path))
  chownSync(temporary, owner.uid, owner.gid)
}

/** Answers whether the temporary file is still there. */
function replace(path: string, temporary: string, before: FileReading, shown: string): boolean {
  const now = readFile(path)
  const same =
    now.kind === 'file' && before.kind === 'file'
      ? now.signature === before.signature && now.text === before.text
      : now.kind === before.kind
  if (!same) throw changed(shown)
  if (before.kind === 'absent') {
    try {
      // Other than rename(2), link(2) fails where a file has come into being since.
      linkSync(temporary, path)
      return true
    } catch (error) {
      // Some file systems have no links.
      if (codeOf(error) === 'EEXIST') throw changed(shown)
    }
  }
  renameSync(temporary, path)
  return false
}

/** A rename is on disk once its folder is; where that cannot be asked for, the change itself is made all the same. */
function flushFolder(folder: string): void {
  try {
    const descriptor = openSync(folder, 'r')
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch {
    // some file systems cannot
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error ? String(error.code) : null
}

function invalid(place: string, problem: string): McpWatchError {
  return new McpWatchError('POLICY_INVALID', `the policy cannot be used: ${place}: ${problem}`, {
    hint: 'nothing was changed; "mcp-watch policy check" shows everything that is wrong in it',
  })
}

function changed(path: string): McpWatchError {
  return new McpWatchError('POLICY_CHANGED', `${path} was changed by something else meanwhile`, {
    hint: 'nothing was written; run it again',
  })
}

function notWritable(path: string, cause: unknown): McpWatchError {
  return new McpWatchError(
    'POLICY_FILE',
    `${path} cannot be written (${codeOf(cause) ?? 'unknown error'})`,
    {
      hint: 'see that its folder is yours and that a link there leads to a file',
      cause,
    },
  )
}
