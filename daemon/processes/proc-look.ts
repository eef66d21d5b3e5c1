/** One look at one process: what is new since the last one, and what is remembered of it. */
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import { type Image, isOtherImage, mergeImages } from './proc-image.ts'
import { type Facts, isEnded, isLeaderGone, type ProcReader } from './proc-reader.ts'
import type { StatLine } from './proc-stat.ts'

/** An exit that takes longer than this is none: the process lives on without its first thread. */
const EXIT_MS = 500

/** execve(2) shows a process without arguments for microseconds, or for as long as others have the processor. */
const EXEC_MS = 1_000

/** What is remembered of a pid between samples; `process` is null for kernel threads and ended processes. */
export interface Known {
  readonly startTicks: number
  readonly image: Image
  readonly firstSeen: number
  /** Since when its first thread is gone, by the monotonic clock. */
  readonly headlessSince: number | null
  /** Since when it is found in the middle of an exec: it is still told as the program before, by the monotonic clock. */
  readonly midExecSince: number | null
  readonly process: Process | null
}

/**
 * Reads what may have changed since `last`, or all of it; null when the process is gone. `now`: the monotonic clock.
 * The wall time of its start is left to the caller.
 */
export function look(
  reader: ProcReader,
  bootId: string,
  pid: number,
  last: Known | null | undefined,
  now: number,
): Known | null {
  const stat = reader.stat(pid)
  if (stat === null) return null
  const same = last?.startTicks === stat.startTicks ? last : null
  const firstSeen = same?.firstSeen ?? now
  if (stat.kernelThread || isEnded(stat)) return unknown(stat.startTicks, firstSeen)
  const headlessSince = isLeaderGone(stat) ? (same?.headlessSince ?? now) : null
  const isHeadless = headlessSince !== null && now - headlessSince >= EXIT_MS
  const entry =
    same?.process == null
      ? firstLook(reader, bootId, stat, firstSeen, 0)
      : lookAgain(reader, bootId, stat, same, same.process, isHeadless)
  if (entry === null) return null
  const midExecSince = isMidExec(entry) ? (same?.midExecSince ?? now) : null
  if (midExecSince !== null && now - midExecSince < EXEC_MS)
    return { ...(same ?? unknown(stat.startTicks, firstSeen)), midExecSince }
  return entry.headlessSince === headlessSince && entry.midExecSince === midExecSince
    ? entry
    : { ...entry, headlessSince, midExecSince }
}

/**
 * The kernel puts the new image in place before its arguments, and tells last where its stack is (begin_new_exec, then
 * load_elf_binary). A process that emptied its arguments itself still has a stack, and is not passed over.
 */
function isMidExec({ process, image }: Known): boolean {
  if (process === null || image.executable === null || image.startStack !== 0) return false
  return process.argv.length === 0 && process.argvForm === 'given'
}

function unknown(startTicks: number, firstSeen: number): Known {
  return {
    startTicks,
    image: NO_IMAGE,
    firstSeen,
    headlessSince: null,
    midExecSince: null,
    process: null,
  }
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
    midExecSince: null,
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
  const key = processKey(bootId, facts.pid, facts.startTicks, epoch)
  return { startedAt: 0, ...facts, key, bootId, epoch }
}

export function processKey(
  bootId: string,
  pid: number,
  startTicks: number,
  epoch: number,
): ProcessKey {
  return `${bootId.slice(0, 8)}:${pid}:${startTicks}:${epoch}` as ProcessKey
}
