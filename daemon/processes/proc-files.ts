/** The files of /proc, as bytes. Synchronous: each read is a few microseconds of kernel time and never touches a disk. */
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { isOutOfFiles, McpWatchError, outOfFiles } from '../../shared/errors.ts'

/** Where a link leads; `denied` when we may not look, `gone` when it (or the whole process) is not there. */
export type LinkTarget =
  | { readonly kind: 'target'; readonly target: string }
  | { readonly kind: 'denied' }
  | { readonly kind: 'gone' }

export type LinkName = 'exe' | 'cwd' | 'fd/0' | 'fd/1' | 'ns/net'

export interface ProcFiles {
  /** Pids of all processes; throws McpWatchError when they cannot be listed, as when nothing is mounted there. */
  pids(): readonly number[]
  /**
   * The first `maxBytes` of a process' file; null when it is gone or closed to us. Valid until the next call. Throws
   * McpWatchError OUT_OF_FILES where that tells nothing.
   */
  read(
    pid: number,
    name: 'stat' | 'status' | 'cmdline' | 'cgroup',
    maxBytes: number,
  ): Uint8Array | null
  link(pid: number, name: LinkName): LinkTarget
  /** Seconds since boot, time spent suspended included. */
  uptimeSeconds(): number | null
  /** A value that is new at each boot (random(4)). */
  bootId(): string | null
}

/** The real ones, below `root`. */
export function createProcFiles(root: string): ProcFiles {
  let buffer = Buffer.alloc(4096)
  const read = (path: string, maxBytes: number): Uint8Array | null => {
    if (buffer.length < maxBytes) buffer = Buffer.alloc(maxBytes)
    return readInto(path, buffer.subarray(0, maxBytes))
  }
  const text = (name: string): string | null => {
    const bytes = read(join(root, name), 128)
    return bytes === null ? null : Buffer.from(bytes).toString('latin1').trim()
  }
  return {
    pids: () => listPids(root),
    read: (pid, name, maxBytes) => read(`${root}/${pid}/${name}`, maxBytes),
    link: (pid, name) => readLink(`${root}/${pid}/${name}`),
    uptimeSeconds() {
      const seconds = Number.parseFloat(text('uptime') ?? '')
      return Number.isFinite(seconds) ? seconds : null
    },
    bootId() {
      const id = text('sys/kernel/random/boot_id') ?? ''
      return /^[0-9a-f-]{8,36}$/.test(id) ? id : null
    },
  }
}

function listPids(root: string): readonly number[] {
  let names: readonly string[]
  try {
    names = readdirSync(root)
  } catch (cause) {
    if (isOutOfFiles(cause)) throw outOfFiles(cause)
    throw notListed(root, cause)
  }
  const pids: number[] = []
  for (const name of names) {
    if (/^[1-9]\d{0,9}$/.test(name)) pids.push(Number(name))
  }
  // We are a process ourselves: none at all is a /proc that was taken away, not the end of every server.
  if (pids.length === 0) throw notListed(root)
  return pids
}

function notListed(root: string, cause?: unknown): McpWatchError {
  return new McpWatchError('INTERNAL', 'the processes of this machine cannot be listed', {
    hint: `see that ${root} is mounted and readable`,
    ...(cause === undefined ? {} : { cause }),
  })
}

function readInto(path: string, buffer: Buffer): Uint8Array | null {
  let descriptor: number | null = null
  try {
    descriptor = openSync(path, 'r')
    let length = 0
    while (length < buffer.length) {
      const count = readSync(descriptor, buffer, length, buffer.length - length, null)
      length += count
      // Files of /proc hand out at most a page at a time: a short read below one page is the end.
      if (count === 0 || (count < 4096 && length < 4096)) break
    }
    return buffer.subarray(0, length)
  } catch (error) {
    if (isOutOfFiles(error)) throw outOfFiles(error)
    return null
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}

function readLink(path: string): LinkTarget {
  try {
    return { kind: 'target', target: readlinkSync(path) }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    return { kind: code === 'EACCES' || code === 'EPERM' ? 'denied' : 'gone' }
  }
}
