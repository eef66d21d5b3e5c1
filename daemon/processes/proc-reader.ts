/** Reading one process: everything at first sight of a program, and what may change while it runs. */
import type { Process } from '../../shared/model/process.ts'
import type { Packages } from '../ports.ts'
import { MAX_CMDLINE_BYTES, parseCmdline } from './proc-cmdline.ts'
import type { LinkTarget, ProcFiles } from './proc-files.ts'
import {
  descriptorInode,
  descriptorKind,
  folderOf,
  type Image,
  imageOf,
  pathOf,
} from './proc-image.ts'
import { parseCgroup, parseRealUid, parseStat, type StatLine } from './proc-stat.ts'
import { resolveScript } from './script.ts'

/** A process without what the table gives it: identity and wall time. */
export type Facts = Omit<Process, 'key' | 'bootId' | 'epoch' | 'startedAt'>

/** Facts that change without an exec. */
export type Changing = Pick<
  Process,
  'ppid' | 'pgid' | 'sid' | 'readable' | 'netns' | 'cgroup' | 'argv'
>

export interface ProcReader {
  /** Null when the process is gone. */
  stat(pid: number): StatLine | null
  image(stat: StatLine): Image
  /** The whole of it, as of one program: read again when it executed another one meanwhile. Null when gone. */
  facts(stat: StatLine): { readonly facts: Facts; readonly stat: StatLine } | null
  /**
   * What may have changed since `known`; a process on its way out keeps what was known of it. `isHeadless` is that its
   * first thread has been gone for long enough (see `isLeaderGone`).
   */
  changing(stat: StatLine, known: Process, isHeadless: boolean): Changing
}

const STAT_BYTES = 4096
const MAX_RETRIES = 3

/** `ownUid`: descriptors, folder and script are read for this user's processes only; for root (0) of all. */
export function createProcReader(files: ProcFiles, packages: Packages, ownUid: number): ProcReader {
  const stat = (pid: number): StatLine | null => {
    const bytes = files.read(pid, 'stat', STAT_BYTES)
    return bytes === null ? null : parseStat(bytes)
  }
  const isOwn = (uid: number): boolean => ownUid === 0 || uid === ownUid
  return {
    stat,
    image: (line) => imageOf(line, files.link(line.pid, 'exe')),
    facts(line) {
      let before = line
      for (let attempt = 0; ; attempt += 1) {
        const facts = readFacts(files, packages, before, isOwn)
        const after = stat(before.pid)
        if (facts === null || after === null) return null
        if (isSameMoment(before, after) || attempt === MAX_RETRIES) return { facts, stat: after }
        before = after
      }
    },
    changing(line, known, isHeadless) {
      const argv = titleOf(files, line, known)
      const parents = { ppid: line.ppid, pgid: line.pgid, sid: line.sid, argv }
      const { readable: before, netns, cgroup } = known
      if (!isOwn(known.uid)) return { ...parents, readable: before, netns, cgroup }
      if (hasLeft(line)) return { ...parents, readable: before && !isHeadless, netns, cgroup }
      const readable = isReadable(files, line.pid)
      // Refused now but not before: it may have begun to exit in this moment, which is no refusal.
      const settled = readable || !known.readable || !isLeaving(stat(line.pid))
      return {
        ...parents,
        readable: settled ? readable : known.readable,
        netns: targetOf(files.link(line.pid, 'ns/net')) ?? known.netns,
        cgroup: cgroupOf(files, line.pid) ?? known.cgroup,
      }
    },
  }
}

/** Ended, but for its entry in the table. */
export function isEnded(stat: StatLine): boolean {
  return (stat.state === 'Z' || stat.state === 'X' || stat.state === 'x') && stat.threads <= 1
}

/**
 * The first thread ended while others are there. For a moment that is how a process of many threads exits; if it lasts,
 * the process lives on (pthread_exit(3) in main): its sockets are open, yet /proc/PID/fd shows none of them.
 */
export function isLeaderGone(stat: StatLine): boolean {
  return stat.state === 'Z' && stat.threads > 1
}

/** exit(2) gives up memory before descriptors: for up to seconds such a process looks like an unreadable one. */
function hasLeft(stat: StatLine): boolean {
  return stat.vsize === 0
}

function isLeaving(stat: StatLine | null): boolean {
  return stat === null || isEnded(stat) || hasLeft(stat)
}

/** No exec, exit or reuse of the pid between two looks. */
function isSameMoment(before: StatLine, after: StatLine): boolean {
  return (
    before.startTicks === after.startTicks &&
    before.argStart === after.argStart &&
    before.startStack === after.startStack &&
    (before.vsize === 0) === (after.vsize === 0)
  )
}

function readFacts(
  files: ProcFiles,
  packages: Packages,
  stat: StatLine,
  isOwn: (uid: number) => boolean,
): Facts | null {
  const { pid } = stat
  const status = files.read(pid, 'status', STAT_BYTES)
  const uid = status === null ? null : parseRealUid(status)
  if (uid === null) return null
  const own = isOwn(uid)
  const executable = pathOf(own ? files.link(pid, 'exe') : { kind: 'denied' })
  const argvBytes = stat.argEnd > stat.argStart ? stat.argEnd - stat.argStart : null
  const bytes = files.read(pid, 'cmdline', MAX_CMDLINE_BYTES)
  if (bytes === null) return null
  const { argv, form } = parseCmdline(bytes, argvBytes, executable)
  const cwd = own ? folderOf(files.link(pid, 'cwd')) : null
  return {
    pid,
    ppid: stat.ppid,
    pgid: stat.pgid,
    sid: stat.sid,
    uid,
    startTicks: stat.startTicks,
    executable,
    comm: stat.comm,
    argv,
    argvForm: form,
    argvBytes,
    cwd,
    script: own ? resolveScript({ argv, form, executable, cwd }, packages) : null,
    ...descriptors(files, stat, own),
    netns: own ? targetOf(files.link(pid, 'ns/net')) : null,
    cgroup: cgroupOf(files, pid),
  }
}

function descriptors(
  files: ProcFiles,
  stat: StatLine,
  own: boolean,
): Pick<Process, 'stdin' | 'stdinInode' | 'stdout' | 'readable'> {
  if (!own) return { stdin: 'unknown', stdout: 'unknown', readable: false }
  if (hasLeft(stat)) return { stdin: 'unknown', stdout: 'unknown', readable: true }
  const stdin = files.link(stat.pid, 'fd/0')
  return {
    stdin: descriptorKind(stdin),
    stdinInode: descriptorInode(stdin),
    stdout: descriptorKind(files.link(stat.pid, 'fd/1')),
    readable: isReadable(files, stat.pid),
  }
}

/**
 * Descriptors and namespaces are guarded by the same check (PTRACE_MODE_READ_FSCREDS, ptrace(2)), and the folder of
 * the descriptors by its owner besides: both must let us through. The namespace tells where descriptor 0 is closed.
 */
function isReadable(files: ProcFiles, pid: number): boolean {
  const first = files.link(pid, 'fd/0').kind
  return first === 'target' || (first === 'gone' && files.link(pid, 'ns/net').kind !== 'denied')
}

function targetOf(link: LinkTarget): string | null {
  return link.kind === 'target' ? link.target : null
}

function cgroupOf(files: ProcFiles, pid: number): string | null {
  const bytes = files.read(pid, 'cgroup', STAT_BYTES)
  return bytes === null ? null : parseCgroup(bytes)
}

/** A title is written in steps ("npm", then "npm exec name"): what was read in between is not the last word. */
function titleOf(files: ProcFiles, stat: StatLine, known: Process): readonly string[] {
  if (known.argvForm !== 'rewritten') return known.argv
  const bytes = files.read(stat.pid, 'cmdline', MAX_CMDLINE_BYTES)
  if (bytes === null || bytes.length === 0) return known.argv
  const { argv, form } = parseCmdline(bytes, known.argvBytes, known.executable)
  return form === 'rewritten' && argv[0] !== known.argv[0] ? argv : known.argv
}
