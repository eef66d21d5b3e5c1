/**
 * Which watched processes ran since everybody's new sockets were last accounted for: only they can have made one. And
 * how well each of them was watched.
 */
import type { ProcessKey } from '../../../shared/model/ids.ts'
import type { Attention, WatchedProcess } from '../../../shared/model/observation.ts'
import type { Process } from '../../../shared/model/process.ts'
import type { Clock } from '../../ports.ts'
import type { Gate } from './gate.ts'
import { createWatchList, type WatchList } from './watch-list.ts'

export interface Suspects {
  readonly list: WatchList
  watch(processes: readonly WatchedProcess[], kin: ReadonlySet<number>): void
  born(processes: readonly Process[]): void
  /** Reads all clocks; the answer is who ran since the last look. */
  look(): readonly number[]
  /** Nobody ran. */
  isQuiet(): boolean
  /** Somebody ended since the last batch, and may have made something first. */
  hasEnded(): boolean
  /** Those that ran and that `belongs` holds for. */
  ran(belongs: (process: WatchedProcess) => boolean): readonly WatchedProcess[]
  /** What these made is accounted for. */
  clear(processes: readonly WatchedProcess[]): void
  /** Some clock cannot be read. */
  isClockHidden(): boolean
  takeAttention(): readonly Attention[]
}

/** A process whose clock cannot be read is taken to have run this often, and whenever another one ran. */
const BLIND_EVERY_MS = 250

export function createSuspects(gate: Gate, clock: Clock): Suspects {
  const list = createWatchList()
  const ran = new Set<number>()
  const gone = new Map<number, ProcessKey>()
  let isClockHidden = false
  let blindAt = Number.NEGATIVE_INFINITY
  return {
    list,
    watch(processes, kin) {
      const known = new Set(list.members().map(({ key }) => key))
      list.set(processes, kin)
      for (const { key, pid } of list.members()) if (!known.has(key)) ran.add(pid)
      for (const pid of ran) if (list.member(pid) === undefined) ran.delete(pid)
    },
    born(processes) {
      list.born(processes)
      for (const { pid } of processes) ran.add(pid)
    },
    look() {
      const { moved, gone: ended, unreadable } = gate.look(list.pids())
      for (const pid of moved) ran.add(pid)
      for (const pid of ended) {
        const member = list.member(pid)
        if (member !== undefined) gone.set(pid, member.key)
        ran.delete(pid)
      }
      list.forget(ended)
      isClockHidden = unreadable.length > 0
      const now = clock.monotonicMs()
      // Beside another one that ran, or what it made would be taken for nobody's when only that one is looked into.
      if (isClockHidden && (ran.size > 0 || now - blindAt >= BLIND_EVERY_MS)) {
        blindAt = now
        for (const pid of unreadable) ran.add(pid)
      }
      return moved
    },
    isQuiet: () => ran.size === 0,
    hasEnded: () => gone.size > 0,
    ran: (belongs) =>
      [...ran].flatMap((pid) => {
        const member = list.member(pid)
        return member !== undefined && belongs(member) ? [member] : []
      }),
    clear(processes) {
      for (const { pid } of processes) ran.delete(pid)
    },
    isClockHidden: () => isClockHidden,
    takeAttention() {
      const attention = gate.takeAttention().flatMap(({ pid, quietMs, activeMs, seen50Ms }) => {
        const process = list.member(pid)?.key ?? gone.get(pid)
        return process === undefined ? [] : [{ process, quietMs, activeMs, seen50Ms }]
      })
      gone.clear()
      return attention
    },
  }
}
