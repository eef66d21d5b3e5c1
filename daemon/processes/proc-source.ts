/** The process table of Linux, from /proc: each sample lists the pids and reads only what is new or may have changed. */
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import type { Clock, Packages, ProcessSource } from '../ports.ts'
import { createProcFiles, type ProcFiles } from './proc-files.ts'
import { type Image, isOtherImage, mergeImages } from './proc-image.ts'
import {
  createProcReader,
  type Facts,
  isEnded,
  isLeaderGone,
  type ProcReader,
} from './proc-reader.ts'
import type { StatLine } from './proc-stat.ts'

/** A process seen for less than this may be a fork before its exec: it is looked at in each sample. */
const YOUNG_MS = 10_000
/** Of all others one in so many is looked at in each sample: reused pids, late execs, lost parents. */
const ROTATION = 60
/** An exit that takes longer than this is none: the process lives on without its first thread. */
const EXIT_MS = 500
/** USER_HZ: a constant of the kernel's interface on every architecture Node runs on (time(7)). */
const TICKS_PER_SECOND = 100
/** The boot clock is told in hundredths: smaller differences than this are no change of the wall clock. */
const CLOCK_TOLERANCE_MS = 250

export interface ProcSourceDeps {
  readonly procRoot?: string
  readonly clock: Clock
  readonly packages: Packages
  /** The daemon's user; with 0 the descriptors of every user's processes are read. */
  readonly ownUid: number
  /** For tests; by default the real files below `procRoot`. */
  readonly files?: ProcFiles
}

/** What is remembered of a pid between samples; `process` is null for kernel threads and ended processes. */
interface Known {
  readonly startTicks: number
  readonly image: Image
  readonly firstSeen: number
  /** Since when its first thread is gone, by the monotonic clock. */
  readonly headlessSince: number | null
  readonly process: Process | null
}

/** Throws McpWatchError (from `sample`) when /proc cannot be listed; a process that vanishes meanwhile is left out. */
export function createProcSource(deps: ProcSourceDeps): ProcessSource {
  const files = deps.files ?? createProcFiles(deps.procRoot ?? '/proc')
  const reader = createProcReader(files, deps.packages, deps.ownUid)
  const bootId = files.bootId() ?? 'unknown'
  let known: ReadonlyMap<number, Known> = new Map()
  let bootedAt: number | null = null
  let turn = 0

  const sample = (interest: ReadonlySet<number>): ReturnType<ProcessSource['sample']> => {
    const at = deps.clock.wallMs()
    const now = deps.clock.monotonicMs()
    const uptime = files.uptimeSeconds()
    const booted = bootTime(uptime, at, bootedAt)
    // What is found at start and has run for long is no fresh fork.
    const isOld = (ticks: number): boolean =>
      turn === 0 && uptime !== null && uptime - ticks / TICKS_PER_SECOND > YOUNG_MS / 1000
    const moved = booted !== bootedAt
    bootedAt = booted
    const next = new Map<number, Known>()
    const processes = new Map<number, Process>()
    for (const pid of files.pids()) {
      const last = known.get(pid)
      const due =
        last === undefined ||
        interest.has(pid) ||
        now - last.firstSeen < YOUNG_MS ||
        (pid + turn) % ROTATION === 0
      const entry = due ? look(reader, bootId, pid, last, now) : last
      if (entry === null) continue
      const stamped = moved || due ? withStart(entry, booted, at) : entry
      next.set(pid, isOld(stamped.startTicks) ? { ...stamped, firstSeen: now - YOUNG_MS } : stamped)
      if (stamped.process !== null) processes.set(pid, stamped.process)
    }
    known = next
    turn += 1
    return Promise.resolve({ at, processes })
  }
  // An async wrapper turns a thrown McpWatchError into a rejection.
  return { method: 'proc', sample: async (interest) => sample(interest) }
}

/** Wall time of the boot; the last answer stands while it is right within the tolerance, so that times keep still. */
function bootTime(uptime: number | null, at: number, last: number | null): number {
  if (uptime === null) return last ?? at
  const booted = Math.round(at - uptime * 1000)
  return last !== null && Math.abs(last - booted) < CLOCK_TOLERANCE_MS ? last : booted
}

function withStart(entry: Known, bootedAt: number, at: number): Known {
  if (entry.process === null) return entry
  const startedAt = Math.min(at, bootedAt + (entry.startTicks * 1000) / TICKS_PER_SECOND)
  if (entry.process.startedAt === startedAt) return entry
  return { ...entry, process: { ...entry.process, startedAt } }
}

function look(
  reader: ProcReader,
  bootId: string,
  pid: number,
  last: Known | undefined,
  now: number,
): Known | null {
  const stat = reader.stat(pid)
  if (stat === null) return null
  const same = last !== undefined && last.startTicks === stat.startTicks ? last : null
  const firstSeen = same?.firstSeen ?? now
  if (stat.kernelThread || isEnded(stat)) {
    const { startTicks } = stat
    return { startTicks, image: NO_IMAGE, firstSeen, headlessSince: null, process: null }
  }
  const headlessSince = isLeaderGone(stat) ? (same?.headlessSince ?? now) : null
  const isHeadless = headlessSince !== null && now - headlessSince >= EXIT_MS
  const entry =
    same?.process == null
      ? firstLook(reader, bootId, stat, firstSeen, 0)
      : lookAgain(reader, bootId, stat, same, same.process, isHeadless)
  return entry === null || entry.headlessSince === headlessSince
    ? entry
    : { ...entry, headlessSince }
}

const NO_IMAGE: Image = { executable: null, argStart: 0, startStack: 0 }

function firstLook(
  reader: ProcReader,
  bootId: string,
  stat: StatLine,
  firstSeen: number,
  epoch: number,
): Known | null {
  const read = reader.facts(stat)
  if (read === null) return null
  const { facts } = read
  const { argStart, startStack } = read.stat
  const image = { executable: facts.executable, argStart, startStack }
  return {
    startTicks: facts.startTicks,
    image,
    firstSeen,
    headlessSince: null,
    process: identified(facts, bootId, facts.startTicks === stat.startTicks ? epoch : 0),
  }
}

function lookAgain(
  reader: ProcReader,
  bootId: string,
  stat: StatLine,
  last: Known,
  process: Process,
  isHeadless: boolean,
): Known | null {
  const image = reader.image(stat)
  if (isOtherImage(last.image, image))
    return firstLook(reader, bootId, stat, last.firstSeen, process.epoch + 1)
  const changing = reader.changing(stat, process, isHeadless)
  if (changing.readable && !process.readable) {
    // It lets us in now, by an exec or by prctl(2): other arguments than before tell which.
    const read = firstLook(reader, bootId, stat, last.firstSeen, process.epoch)
    if (read?.process == null || sameArguments(read.process, process)) return read
    return { ...read, process: identified(read.process, bootId, process.epoch + 1) }
  }
  const merged = mergeImages(last.image, image)
  const changed = Object.entries(changing).some(
    ([name, value]) => process[name as keyof typeof changing] !== value,
  )
  return { ...last, image: merged, process: changed ? { ...process, ...changing } : process }
}

function sameArguments(one: Process, other: Process): boolean {
  return (
    one.argv.length === other.argv.length &&
    one.argv.every((argument, index) => argument === other.argv[index])
  )
}

function identified(facts: Facts, bootId: string, epoch: number): Process {
  const key = `${bootId.slice(0, 8)}:${facts.pid}:${facts.startTicks}:${epoch}` as ProcessKey
  return { startedAt: 0, ...facts, key, bootId, epoch }
}
