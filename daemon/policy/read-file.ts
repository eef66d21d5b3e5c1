/** Looks at the policy file, in whose place anything may lie: a folder, a FIFO, a link. Never hangs, never throws. */
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs'

/** A thousand rules with hundreds of hosts each. */
const MAX_BYTES = 1024 * 1024

export type FileLook =
  | { readonly kind: 'absent' }
  | { readonly kind: 'unusable'; readonly message: string }
  /** `signature` differs once the content may; `changedAt` is the inode's change time in epoch milliseconds. */
  | {
      readonly kind: 'file'
      readonly signature: string
      readonly changedAt: number
      /** Other users may write it. */
      readonly exposed: boolean
    }

export type FileReading =
  | Exclude<FileLook, { kind: 'file' }>
  | (Extract<FileLook, { kind: 'file' }> & { readonly text: string })

/** Follows links, as dotfile managers make them. */
export function lookAtFile(path: string): FileLook {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
    return stat === undefined ? { kind: 'absent' } : describe(stat)
  } catch (error) {
    return failed(error)
  }
}

export function readFile(path: string): FileReading {
  let descriptor: number | null = null
  try {
    // O_NONBLOCK: open(2) of a FIFO would wait for its writer.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    const look = describe(fstatSync(descriptor, { bigint: true }))
    if (look.kind !== 'file') return look
    const bytes = readAll(descriptor)
    if (bytes.length > MAX_BYTES) return TOO_LARGE
    // `fatal`: a replacement character would be written back by an edit, over what was there.
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    return { ...look, text: decoder.decode(bytes) }
  } catch (error) {
    if (error instanceof TypeError) return { kind: 'unusable', message: 'it is not UTF-8 text' }
    return failed(error)
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}

const TOO_LARGE = { kind: 'unusable', message: 'it is larger than 1 MiB' } as const

function readAll(descriptor: number): Buffer {
  const bytes = Buffer.alloc(MAX_BYTES + 1)
  let length = 0
  while (length < bytes.length) {
    const count = readSync(descriptor, bytes, length, bytes.length - length, null)
    if (count === 0) break
    length += count
  }
  return bytes.subarray(0, length)
}

function describe(stat: BigIntStats): FileLook {
  if (!stat.isFile()) return { kind: 'unusable', message: 'it is not a regular file' }
  if (stat.size > BigInt(MAX_BYTES)) return TOO_LARGE
  const { dev, ino, size, mtimeNs, ctimeNs, mode } = stat
  return {
    kind: 'file',
    signature: [dev, ino, size, mtimeNs, ctimeNs].join(':'),
    changedAt: Number(ctimeNs / 1_000_000n),
    exposed: (mode & 0o002n) !== 0n,
  }
}

/** A part of the path that is no folder is no file either. */
function failed(error: unknown): FileLook & { kind: 'absent' | 'unusable' } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' }
  return { kind: 'unusable', message: `it cannot be read (${code})` }
}
