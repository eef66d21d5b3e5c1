/** Attempts of which is not known yet whose they are, by the process that made them. */
import type { AttemptOwner, Ownership, Unowned } from './parts.ts'
import type { Actor } from './socket-event.ts'

/** Process ids are given anew, and an exec changes the name: what differs is asked for apart. */
interface Group<T> {
  readonly who: Unowned
  readonly items: Set<T>
  /** ns: when it was first found waiting. */
  sinceNs: number | null
}

export interface UnownedItems<T> {
  add(by: Actor, atNs: number, item: T): void
  remove(by: Actor, item: T): void
  all(): Iterable<T>
  list(): readonly Unowned[]
  settle(
    ownerOf: (who: Unowned) => Ownership,
    owned: (item: T, owner: AttemptOwner) => void,
    strange: (item: T) => void,
  ): void
  /** Takes out what has waited longer than anybody can still be found. */
  giveUp(nowNs: number): readonly T[]
}

const PATIENCE_NS = 10e9
const NONE: readonly never[] = []

export function createUnownedItems<T>(): UnownedItems<T> {
  const groups = new Map<string, Group<T>>()
  return {
    add(by, atNs, item) {
      const key = keyOf(by)
      const group = groups.get(key)
      if (group === undefined)
        groups.set(key, { who: { ...by, atNs }, items: new Set([item]), sinceNs: null })
      else group.items.add(item)
    },
    remove(by, item) {
      const key = keyOf(by)
      const group = groups.get(key)
      if (group?.items.delete(item) === true && group.items.size === 0) groups.delete(key)
    },
    *all() {
      for (const { items } of groups.values()) yield* items
    },
    list: () => (groups.size === 0 ? NONE : [...groups.values()].map(({ who }) => who)),
    settle(ownerOf, owned, strange) {
      for (const [key, { who, items }] of groups) {
        const owner = ownerOf(who)
        if (owner === 'unknown') continue
        groups.delete(key)
        for (const item of items) {
          if (owner === 'stranger') strange(item)
          else owned(item, owner)
        }
      }
    },
    giveUp(nowNs) {
      const given: T[] = []
      for (const [key, group] of groups) {
        group.sinceNs ??= nowNs
        if (nowNs - group.sinceNs < PATIENCE_NS) continue
        groups.delete(key)
        given.push(...group.items)
      }
      return given
    },
  }
}

function keyOf({ pid, uid, comm }: Actor): string {
  return `${pid} ${uid} ${comm}`
}
