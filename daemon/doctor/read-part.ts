/** Reads the beginning or the end of a file that may be anything, or not there: null then. */
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs'
import type { SystemFiles } from './surroundings.ts'

const LOG_END_BYTES = 128 * 1024
const SYSTEM_FILE_BYTES = 256 * 1024

/** The last 128 KiB; its first line may be a part of one. */
export function readEnd(path: string): string | null {
  return readPart(path, 'end', LOG_END_BYTES)
}

/** The first 256 KiB. */
export function readBeginning(path: string): string | null {
  return readPart(path, 'begin', SYSTEM_FILE_BYTES)
}

export const SYSTEM_FILES: SystemFiles = {
  read: (path) => readPart(path, 'begin', SYSTEM_FILE_BYTES),
  link(path) {
    try {
      return readlinkSync(path)
    } catch {
      return null
    }
  },
}

function readPart(path: string, from: 'begin' | 'end', most: number): string | null {
  let descriptor: number | null = null
  try {
    // open(2) of a FIFO would wait for its writer.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    const stat = fstatSync(descriptor)
    if (!stat.isFile()) return null
    const bytes = Buffer.alloc(most)
    const start = from === 'end' ? Math.max(0, stat.size - most) : 0
    let length = 0
    // Files of /proc come a page at a time, and say that their size is 0.
    while (length < most) {
      const count = readSync(descriptor, bytes, length, most - length, start + length)
      if (count === 0) break
      length += count
    }
    return bytes.toString('utf8', 0, length)
  } catch {
    return null
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}
