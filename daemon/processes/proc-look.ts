/** One look at one process: what is new since the last one, and what is remembered of it. */
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import { type Image, isOtherImage, mergeImages } from './proc-image.ts'
import { type Facts, isEnded, isLeaderGone, type ProcReader } from './proc-reader.ts'
import type { StatLine } from './proc-stat.ts'

/** An exit that takes longer than this is none: the process lives on without its first thread. */
const EXIT_MS = 500

/** What is remembered of a pid between samples; `process` is null for kernel threads and ended processes. */
export interface Known {
  readonly startTicks: number
  readonly image: Image
  readonly firstSeen: number
  /** Since when its first thread is gone, by the monotonic clock. */
  readonly headlessSince: number | null
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
