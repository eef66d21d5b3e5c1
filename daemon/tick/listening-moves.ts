/** Which entries lead somewhere else than they did: who listened at the old address is not theirs any more. */
import type { ServerId } from '../../shared/model/ids.ts'
import type { Server } from '../../shared/model/server.ts'
import type { Place } from './listening-places.ts'

export interface Moves {
  /** What the configuration says now. An entry that was taken out of it has not moved: its server goes on as removed. */
  follow(servers: readonly Server[], places: readonly Place[]): readonly ServerId[]
  /** Somebody was found at the new address. */
  settled(id: ServerId): void
  /** Those of which nobody was found yet where they lead to. */
  all(): ReadonlySet<ServerId>
}

export function createMoves(): Moves {
  let keys: ReadonlyMap<ServerId, string> = new Map()
  let moved = new Set<ServerId>()
  return {
    follow(servers, places) {
      const now = new Map(places.flatMap(({ key, serverIds }) => serverIds.map((id) => [id, key])))
      const configured = new Set(servers.map(({ id }) => id))
      const left = [...keys].flatMap(([id, key]) =>
        configured.has(id) && now.get(id) !== key ? [id] : [],
      )
      moved = new Set([...moved, ...left].filter((id) => configured.has(id)))
      // Of one that is not configured at the moment the place is remembered: it may come back with another.
      keys = new Map([...[...keys].filter(([id]) => !configured.has(id)), ...now])
      return left
    },
    settled: (id) => void moved.delete(id),
    all: () => moved,
  }
}
