/** Which of some pipes and sockets a process holds, from the links in /proc/PID/fd (proc(5)). Linux only. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { isOutOfFiles, outOfFiles } from '../../shared/errors.ts'

/** Inodes: pipes whose write end is looked for, and sockets. */
export interface Ends {
  readonly pipes: ReadonlySet<number>
  readonly sockets: ReadonlySet<number>
}

/** Names of a process' descriptors; none when it is gone or not ours to read. Throws McpWatchError OUT_OF_FILES. */
export function descriptorNames(procRoot: string, pid: number): readonly string[] {
  return attempt(() => readdirSync(`${procRoot}/${pid}/fd`)) ?? []
}

/** The inodes of `wanted` that are among these descriptors. Throws McpWatchError OUT_OF_FILES. */
export function heldEnds(
  procRoot: string,
  pid: number,
  names: readonly string[],
  { pipes, sockets }: Ends,
): ReadonlySet<number> {
  const held = new Set<number>()
  for (const name of names) {
    const target = attempt(() => readlinkSync(`${procRoot}/${pid}/fd/${name}`))
    const [, kind, digits] = /^(pipe|socket):\[(\d{1,15})\]$/.exec(target ?? '') ?? []
    const inode = Number(digits)
    if (kind === 'socket' && sockets.has(inode)) held.add(inode)
    if (kind === 'pipe' && pipes.has(inode) && mayWrite(procRoot, pid, name)) held.add(inode)
  }
  return held
}

/** Access mode of open(2) in the octal `flags` of fdinfo: O_RDONLY is 0. */
function mayWrite(procRoot: string, pid: number, name: string): boolean {
  const info = attempt(() => readFileSync(`${procRoot}/${pid}/fdinfo/${name}`, 'latin1'))
  const flags = /^flags:\s*([0-7]{1,12})$/m.exec(info ?? '')?.[1]
  return flags !== undefined && (Number.parseInt(flags, 8) & 3) !== 0
}

function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (isOutOfFiles(error)) throw outOfFiles(error)
    return null
  }
}
