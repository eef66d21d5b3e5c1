/** The process table of Linux, from /proc: each sample lists the pids and reads only what is new or may have changed. */
import type { Process } from '../../shared/model/process.ts'
import type { Clock, Packages, ProcessSource, Sighting } from '../ports.ts'
import { createForkStamps, TICKS_PER_SECOND, type TicksOf } from './fork-stamps.ts'
import { createProcFiles, type ProcFiles } from './proc-files.ts'
import { type Known, look } from './proc-look.ts'
import { createProcReader, type ProcReader } from './proc-reader.ts'
import { createSeen, type LivedAt, type Seen } from './proc-seen.ts'

/** A process seen for less than this may be a fork before its exec: it is looked at once a second. */
const YOUNG_MS = 10_000
/** There can be ten samples a second, and hundreds of young processes while something is built. */
const YOUNG_EVERY_MS = 1_000
/** Of all others one in so many is looked at in each sample: reused pids, late execs, lost parents. */
const ROTATION = 60
/** The boot clock is told in hundredths: smaller differences than this are no change of the wall clock. */
const CLOCK_TOLERANCE_MS = 250
/** More are not read in one go, for that takes some hundred microseconds each: they are left to the next sample. */
const MAX_SEEN_AT_ONCE = 200

export interface ProcSourceDeps {
  readonly procRoot?: string
  readonly clock: Clock
  readonly packages: Packages
  /** The daemon's user; with 0 the descriptors of every user's processes are read. */
  readonly ownUid: number
  /** For tests; by default the real files below `procRoot`. */
  readonly files?: ProcFiles
  /** CLOCK_MONOTONIC, the clock of `Sighting.bornAtNs`. */
  readonly monotonicNs?: () => number
}

/** What the samples share. */
interface Context {
  readonly clock: Clock
  readonly files: ProcFiles
  readonly reader: ProcReader
  readonly bootId: string
  readonly monotonicNs: () => number
  readonly forkStamps: ReturnType<typeof createForkStamps>
  /** What events told of since the last sample. */
  readonly seen: Seen
}

/** What is remembered from sample to sample. */
interface State {
  readonly known: ReadonlyMap<number, Known>
  /** What was known in the sample before: what a process did is told of a moment after its end. */
  readonly knownBefore: ReadonlyMap<number, Known>
  readonly told: ReadonlyMap<number, Process>
  readonly bootedAt: number | null
  readonly turn: number
  /** By the monotonic clock. */
  readonly sampledAt: number
}

/** Throws McpWatchError (from `sample`) when /proc cannot be listed; a process that vanishes meanwhile is left out. */
export function createProcSource(deps: ProcSourceDeps): ProcessSource {
  const files = deps.files ?? createProcFiles(deps.procRoot ?? '/proc')
  const context: Context = {
    clock: deps.clock,
    files,
    reader: createProcReader(files, deps.packages, deps.ownUid),
    bootId: files.bootId() ?? 'unknown',
    monotonicNs: deps.monotonicNs ?? (() => Number(process.hrtime.bigint())),
    forkStamps: createForkStamps(),
    seen: createSeen(),
  }
  let state: State = {
    known: new Map(),
    knownBefore: new Map(),
    told: new Map(),
    bootedAt: null,
    turn: 0,
    sampledAt: 0,
  }
  return {
    method: 'proc',
    // An async wrapper turns a thrown McpWatchError into a rejection.
    sample: async (interest) => {
      const at = context.clock.wallMs()
      state = takeSample(context, state, interest, at)
      return { at, processes: state.told }
    },
    see: (sightings) => see(context, state, sightings),
  }
}

function takeSample(
  { clock, files, reader, bootId, seen }: Context,
  { known, told, bootedAt, turn, sampledAt }: State,
  interest: ReadonlySet<number>,
  at: number,
): State {
  const now = clock.monotonicMs()
  const uptime = files.uptimeSeconds()
  const booted = bootTime(uptime, at, bootedAt)
  // What is found at start and has run for long is no fresh fork.
  const isOld = (ticks: number): boolean =>
    turn === 0 && uptime !== null && uptime - ticks / TICKS_PER_SECOND > YOUNG_MS / 1000
  const moved = booted !== bootedAt
  const next = new Map<number, Known>()
  const processes = new Map<number, Process>()
  for (const pid of files.pids()) {
    const last = seen.entryOf(pid) ?? known.get(pid)
    const due =
      last === undefined ||
      interest.has(pid) ||
      seen.has(pid) ||
      last.midExecSince !== null ||
      isYoungDue(now - last.firstSeen, sampledAt - last.firstSeen) ||
      (pid + turn) % ROTATION === 0
    const entry = due ? look(reader, bootId, pid, last, now) : last
    if (entry === null) continue
    const stamped = moved || due ? withStart(entry, booted, at) : entry
    next.set(pid, isOld(stamped.startTicks) ? { ...stamped, firstSeen: now - YOUNG_MS } : stamped)
    if (stamped.process !== null) processes.set(pid, stamped.process)
  }
  seen.complete(processes, told)
  // The same map where nothing changed: whoever took it before has nothing to do again.
  const table = isSameTable(told, processes) ? told : processes
  return {
    known: next,
    knownBefore: known,
    told: table,
    bootedAt: booted,
    turn: turn + 1,
    sampledAt: now,
  }
}

function see(
  { clock, files, reader, bootId, monotonicNs, forkStamps, seen }: Context,
  { known, knownBefore, told, bootedAt }: State,
  sightings: readonly Sighting[],
): readonly Process[] {
  if (sightings.length === 0) return []
  const at = clock.wallMs()
  const now = clock.monotonicMs()
  const nowNs = monotonicNs()
  const uptime = files.uptimeSeconds()
  const booted = bootTime(uptime, at, bootedAt)
  const ticksOf = forkStamps(uptime, nowNs)
  for (const [index, sighting] of sightings.entries()) {
    const { pid, parent, bornAtNs } = sighting
    const last = known.get(pid) ?? null
    const looked =
      index < MAX_SEEN_AT_ONCE ? look(reader, bootId, pid, seen.entryOf(pid) ?? last, now) : null
    seen.note(pid, {
      parent,
      bornTicks: ticksOf(bornAtNs),
      lived: livedAt(sighting, ticksOf),
      found: looked === null ? null : withStart(looked, booted, at),
      known: last ?? knownBefore.get(pid) ?? null,
    })
  }
  return sightings.flatMap(({ pid }, index) => {
    // One that was not looked at may live, and the table will have more of it than its events told.
    const isTold = index < MAX_SEEN_AT_ONCE || seen.entryOf(pid)?.process != null
    const process = isTold ? seen.shown(pid, told) : null
    return process === null ? [] : [process]
  })
}

function livedAt({ lived }: Sighting, ticksOf: TicksOf): LivedAt | null {
  const atTicks = ticksOf(lived?.atNs)
  return lived === undefined || atTicks === null
    ? null
    : { uid: lived.uid, comm: lived.comm, atTicks }
}

/** Ages in ms at this sample and at the last: once in each second of its first ten. */
function isYoungDue(age: number, ageBefore: number): boolean {
  const second = (ms: number): number => Math.floor(ms / YOUNG_EVERY_MS)
  return age < YOUNG_MS && second(age) !== second(ageBefore)
}

/** The same programs, none of them altered. */
function isSameTable(
  before: ReadonlyMap<number, Process>,
  now: ReadonlyMap<number, Process>,
): boolean {
  if (before.size !== now.size) return false
  for (const [pid, process] of now) if (before.get(pid) !== process) return false
  return true
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
