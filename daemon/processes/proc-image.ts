/** Telling an exec from a mere change of title. Pure. */
import type { DescriptorKind } from '../../shared/model/process.ts'
import type { LinkTarget } from './proc-files.ts'
import type { StatLine } from './proc-stat.ts'

/**
 * What execve(2) sets anew in a process: the image, and (since the stack is laid out at random addresses) where stack
 * and arguments are. 0 or null is "not told to us".
 */
export interface Image {
  readonly executable: string | null
  readonly argStart: number
  readonly startStack: number
}

export function imageOf(stat: StatLine, exe: LinkTarget): Image {
  return { executable: pathOf(exe), argStart: stat.argStart, startStack: stat.startStack }
}

/** True when something known on both sides differs: what is not told proves nothing. */
export function isOtherImage(before: Image, after: Image): boolean {
  const differs = <T extends string | number>(one: T | null, other: T | null): boolean =>
    one !== null && other !== null && one !== 0 && other !== 0 && one !== other
  return (
    differs(before.executable, after.executable) ||
    differs(before.argStart, after.argStart) ||
    differs(before.startStack, after.startStack)
  )
}

/** Keeps what was known where the later look was refused. */
export function mergeImages(before: Image, after: Image): Image {
  return {
    executable: after.executable ?? before.executable,
    argStart: after.argStart === 0 ? before.argStart : after.argStart,
    startStack: after.startStack === 0 ? before.startStack : after.startStack,
  }
}

/** A replaced or removed file is still named, with a mark behind it (proc(5)). */
const DELETED = ' (deleted)'

/** Path behind `exe`, without the mark of a file that was replaced. */
export function pathOf(link: LinkTarget): string | null {
  if (link.kind !== 'target' || !link.target.startsWith('/')) return null
  return link.target.endsWith(DELETED) ? link.target.slice(0, -DELETED.length) : link.target
}

/** Path behind `cwd`; null when the folder is gone. */
export function folderOf(link: LinkTarget): string | null {
  if (link.kind !== 'target' || link.target.endsWith(DELETED)) return null
  return link.target.startsWith('/') ? link.target : null
}

/** The inode of a pipe or socket behind a descriptor: `pipe:[123]` (proc(5)). */
export function descriptorInode(link: LinkTarget): number | null {
  const digits =
    link.kind === 'target' ? /^(?:pipe|socket):\[(\d{1,15})\]$/.exec(link.target) : null
  return digits === null ? null : Number(digits[1])
}

/** What a descriptor's link says it is connected to. */
export function descriptorKind(link: LinkTarget): DescriptorKind {
  if (link.kind === 'gone') return 'closed'
  if (link.kind === 'denied') return 'unknown'
  const { target } = link
  if (target.startsWith('pipe:[')) return 'pipe'
  if (target.startsWith('socket:[')) return 'socket'
  if (target === '/dev/null') return 'null'
  if (/^\/dev\/(pts\/\d+|tty\w*|console)( \(deleted\))?$/.test(target)) return 'terminal'
  return target.startsWith('/') ? 'file' : 'unknown'
}
