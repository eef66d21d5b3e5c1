/** The network namespaces that watched processes live in: our own, and others where they may be entered. */
import type { WatchedProcess } from '../../../shared/model/observation.ts'
import type { NetnsDumps } from './netns-dump.ts'
import { createSpace, type Space } from './space.ts'

export interface Spaces {
  /** The one we live in. */
  readonly own: Space
  /** Opens the namespaces of these processes and closes those that none of them is in any more. */
  follow(members: readonly WatchedProcess[]): void
  all(): readonly Space[]
  /** Null where the namespace of the process could not be entered. */
  of(process: WatchedProcess): Space | null
  close(): void
}

export function createSpaces(own: Space, dumps: NetnsDumps): Spaces {
  const others = new Map<string, Space>()
  return {
    own,
    follow(members) {
      const wanted = new Map<string, number>()
      for (const { netns, pid } of members) {
        if (netns !== null && netns !== own.netns && !wanted.has(netns)) wanted.set(netns, pid)
      }
      for (const netns of others.keys()) if (!wanted.has(netns)) others.delete(netns)
      dumps.keepOnly(new Set(wanted.keys()))
      for (const [netns, pid] of wanted) {
        if (others.has(netns)) continue
        const door = dumps.through(netns, pid)
        if (door.kind === 'open') others.set(netns, createSpace(netns, door.diag, door.events))
      }
    },
    all: () => [own, ...others.values()],
    of: ({ netns }) => (netns === null || netns === own.netns ? own : (others.get(netns) ?? null)),
    close() {
      dumps.close()
      own.close()
    },
  }
}
