/** Reading /proc/PID/cmdline: the arguments, and whether they are still what execve(2) put there. Pure and total. */
import type { ArgvForm } from '../../shared/model/process.ts'

/** More of a command line than this is not read: no configured entry needs it. */
export const MAX_CMDLINE_BYTES = 128 * 1024

export interface CommandLine {
  readonly argv: readonly string[]
  readonly form: Extract<ArgvForm, 'given' | 'rewritten'>
}

const NUL = 0

/**
 * Splits a command line at its NULs. `areaBytes` is the size of the argument area (null where unknown),
 * `executable` the running image.
 *
 * A title is one string written over the area. The kernel returns the area as it is while its last byte is NUL, and
 * otherwise one string that may run on into the environment (proc(5)), so what was rewritten shows as: another
 * length than the area, a missing last NUL, NUL padding after a single string, or a single string that fills the area
 * and reads like a whole command ("npm exec name"). A program can always forge the shape of a given command line.
 */
export function parseCmdline(
  bytes: Uint8Array,
  areaBytes: number | null,
  executable: string | null,
): CommandLine {
  if (bytes.length === 0) return { argv: [], form: 'given' }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const cut = bytes.length >= MAX_CMDLINE_BYTES
  const endsInNul = bytes[bytes.length - 1] === NUL
  const oneString = !hasSecondString(bytes)
  const otherLength = areaBytes !== null && !cut && bytes.length !== areaBytes
  const padded = oneString && bytes.length >= 2 && bytes[bytes.length - 2] === NUL
  const title = text.replace(/\0+$/, '')
  const whole = oneString && title.includes(' ') && !names(title, executable)
  if (otherLength || padded || whole || (!endsInNul && !cut))
    return { argv: title === '' ? [] : [title.replaceAll('\0', ' ')], form: 'rewritten' }
  // Either the last piece is what follows the closing NUL (nothing), or it was cut off in the middle.
  return { argv: text.split('\0').slice(0, -1), form: 'given' }
}

/** Something other than NUL after the first NUL. */
function hasSecondString(bytes: Uint8Array): boolean {
  const end = bytes.indexOf(NUL)
  if (end === -1) return false
  for (let index = end + 1; index < bytes.length; index += 1) {
    if (bytes[index] !== NUL) return true
  }
  return false
}

/** A single argument with a space in it is a given one where it is the program's own path ("/opt/My App/tool"). */
function names(argument: string, executable: string | null): boolean {
  if (executable === null) return false
  return argument === executable || baseName(argument) === baseName(executable)
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
