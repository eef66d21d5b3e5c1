/** Reading a file that another program wrote, whole or not at all. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

/** Null where there is no such regular file, it may not be read, or it is larger. */
export type ReadSmallFile = (path: string, maxBytes: number) => string | null

/** Without waiting: a FIFO in its place would never end (open(2), O_NONBLOCK). */
export const readSmallFile: ReadSmallFile = (path, maxBytes) => {
  let descriptor: number | null = null
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const { size } = fstatSync(descriptor)
    if (!fstatSync(descriptor).isFile() || size > maxBytes) return null
    // Files of /proc have no size, and others may grow meanwhile.
    const buffer = Buffer.allocUnsafe(Math.max(size, 64 * 1024) + 1)
    let length = 0
    while (length < buffer.length) {
      const read = readSync(descriptor, buffer, length, buffer.length - length, null)
      if (read === 0) return buffer.toString('utf8', 0, length)
      length += read
    }
    return null
  } catch {
    return null
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}
