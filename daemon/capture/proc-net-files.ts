/** The files of one /proc/PID/net (proc(5)), read so that no row can come from another network namespace. */
import { statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { endianness } from 'node:os'
import { join } from 'node:path'
import type { Protocol, SocketRow } from '../../shared/model/observation.ts'
import { parseProcNet } from './proc-net.ts'

export interface ReadFiles {
  /** Inode number of the first file: the kernel has one for each namespace (fs/proc/proc_net.c), for anybody to see. */
  readonly place: number
  readonly complete: boolean
  readonly rows: readonly SocketRow[]
}

const FILES: readonly (readonly [name: string, protocol: Protocol])[] = [
  ['tcp', 'tcp'],
  ['tcp6', 'tcp'],
  ['udp', 'udp'],
  ['udp6', 'udp'],
]
/** About 100,000 sockets. */
const MAX_BYTES = 16 * 1024 * 1024
const LITTLE_ENDIAN = endianness() === 'LE'

/** Which namespace the process `pid` is in, by its files; null where it is gone or may not be asked. */
export function placeOf(procRoot: string, pid: number | 'self'): number | null {
  try {
    return statSync(join(procRoot, String(pid), 'net', 'tcp')).ino
  } catch {
    return null
  }
}

/**
 * All files are opened before the first is read: an open one stays in the namespace that it was opened in, also when
 * the process ends. Null where they are not all of one namespace, or `isThere`, asked before and after, says no. Throws
 * what open(2) and read(2) say.
 */
export async function readProcNet(
  procRoot: string,
  pid: number,
  isThere: () => boolean,
): Promise<ReadFiles | null> {
  if (!isThere()) return null
  const before = placeOf(procRoot, pid)
  const opened: { readonly protocol: Protocol; readonly file: FileHandle }[] = []
  try {
    for (const [name, protocol] of FILES) {
      const file = await openFile(join(procRoot, String(pid), 'net', name), name.endsWith('6'))
      if (file !== null) opened.push({ protocol, file })
    }
    // A process that ended meanwhile has no files any more: those for IPv6 that were not found may have been there.
    if (before === null || placeOf(procRoot, pid) !== before || !isThere()) return null
    const rows: SocketRow[] = []
    let complete = true
    for (const { protocol, file } of opened) {
      const { text, truncated } = await readCapped(file)
      const parsed = parseProcNet(text, protocol, LITTLE_ENDIAN)
      rows.push(...parsed.rows)
      if (truncated || parsed.skipped > parsed.rows.length) complete = false
    }
    return { place: before, complete, rows }
  } finally {
    for (const { file } of opened) await file.close()
  }
}

/** Without IPv6 in the kernel the files for it are not there, which is no failure. */
async function openFile(path: string, optional: boolean): Promise<FileHandle | null> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (optional && (error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Files of /proc tell no size. */
async function readCapped(
  file: FileHandle,
): Promise<{ readonly text: string; readonly truncated: boolean }> {
  const chunks: Buffer[] = []
  let total = 0
  while (total < MAX_BYTES) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(65_536), 0, 65_536)
    if (bytesRead === 0) return { text: Buffer.concat(chunks).toString('latin1'), truncated: false }
    chunks.push(buffer.subarray(0, bytesRead))
    total += bytesRead
  }
  return { text: Buffer.concat(chunks).toString('latin1'), truncated: true }
}
