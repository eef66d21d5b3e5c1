/** Looks at files that others may put anything in place of: a FIFO, a device, a folder, a link. Never hangs, never throws. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'

/** From this on no client's file is read. */
export const MAX_BYTES = 20 * 1024 * 1024

export type Look =
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly message: string }
  /** `signature` differs once the content may; `changedAt` is the inode's change time, which nobody can set. */
  | { readonly kind: 'file'; readonly signature: string; readonly changedAt: number }

export function lookAt(path: string): Look {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
    if (stat === undefined) return { kind: 'absent' }
    if (!stat.isFile()) return { kind: 'refused', message: 'not a regular file' }
    if (stat.size >= MAX_BYTES) return { kind: 'refused', message: '20 MiB or larger' }
    const { dev, ino, size, mtimeNs, ctimeNs } = stat
    return {
      kind: 'file',
      signature: [dev, ino, size, mtimeNs, ctimeNs].join(':'),
      changedAt: Number(ctimeNs / 1_000_000n),
    }
  } catch (error) {
    return lookFailed(error)
  }
}

/** A name too long or a loop of links is no file that any client could read. */
function lookFailed(error: unknown): Look {
  const code = codeOf(error)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EIO')
    return { kind: 'refused', message: `cannot be looked at (${code})` }
  return { kind: 'absent' }
}

export type Text =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string }

/** The file's text, at most `MAX_BYTES` of it; bytes that are not UTF-8 become U+FFFD. */
export function readText(path: string): Text {
  let descriptor: number | null = null
  try {
    // O_NONBLOCK: what was a file a moment ago may be a FIFO by now, and open(2) would wait for its writer.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    const stat = fstatSync(descriptor)
    if (!stat.isFile()) return { ok: false, message: 'not a regular file' }
    return { ok: true, text: readAll(descriptor, stat) }
  } catch (error) {
    return { ok: false, message: `cannot be read (${codeOf(error)})` }
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}

/** A file that grows while it is read is read as far as it went at first. */
function readAll(descriptor: number, stat: Stats): string {
  const bytes = Buffer.alloc(Math.min(stat.size, MAX_BYTES))
  let length = 0
  while (length < bytes.length) {
    const count = readSync(descriptor, bytes, length, bytes.length - length, null)
    if (count === 0) break
    length += count
  }
  return bytes.toString('utf8', 0, length)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
