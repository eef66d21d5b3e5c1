/** Names of the numbers that system calls fail with, errno(3). */
import { constants } from 'node:os'

/** Where two share a number (EAGAIN, EWOULDBLOCK) the usual one. */
const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno)
    .toReversed()
    .map(([name, number]) => [number, name]),
)

export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `E${errno}`
}
