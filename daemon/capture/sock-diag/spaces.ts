/** The network namespaces that watched processes live in: our own, and others where they may be entered. */
import type { WatchedProcess } from '../../../shared/model/observation.ts'
import type { NetnsDoor, NetnsDumps } from './netns-dump.ts'
import { createSpace, type Detail, type Space } from './space.ts'

export interface Spaces {
  /** The one we live in. */
  readonly own: Space
  /**
   * Called once a batch. Opens the namespaces of these processes; one that none of them is in any more is closed two
   * calls later, when its last closes were drained and told.
   */
  follow(members: readonly WatchedProcess[]): void
  all(): readonly Space[]
  /** Null where the namespace of the process could not be entered. */
  of(process: WatchedProcess): Space | null
  close(): void
}

/** The batch that follows the end of the last process, and the one that has what the kernel told in between. */
const BATCHES_AFTER_END = 2

export function createSpaces(own: Space, dumps: NetnsDumps, detail: Detail = 'all'): Spaces {
  const others = new Map<string, Space>()
  const batchesLeft = new Map<string, number>()

  const leave = (isWanted: (netns: string) => boolean): void => {
    for (const netns of others.keys()) {
      const left = isWanted(netns) ? BATCHES_AFTER_END : (batchesLeft.get(netns) ?? 0) - 1
      batchesLeft.set(netns, left)
      if (left >= 0) continue
      others.delete(netns)
      batchesLeft.delete(netns)
    }
    dumps.keepOnly(new Set(others.keys()))
  }
  const enter = (netns: string, pids: readonly number[]): void => {
    if (others.has(netns)) return
    const door = openThroughAny(dumps, netns, pids)
    if (door.kind !== 'open') return
    others.set(netns, createSpace(netns, door.diag, door.events, detail))
    batchesLeft.set(netns, BATCHES_AFTER_END)
  }
  return {
    own,
    follow(members) {
      const wanted = pidsByNamespace(own.netns, members)
      leave((netns) => wanted.has(netns))
      for (const [netns, pids] of wanted) enter(netns, pids)
    },
    all: () => [own, ...others.values()],
    of: ({ netns }) => (netns === null || netns === own.netns ? own : (others.get(netns) ?? null)),
    close() {
      dumps.close()
      own.close()
    },
  }
}

function pidsByNamespace(
  own: string,
  members: readonly WatchedProcess[],
): ReadonlyMap<string, readonly number[]> {
  const pidsOf = new Map<string, number[]>()
  for (const { netns, pid } of members) {
    if (netns === null || netns === own) continue
    const pids = pidsOf.get(netns)
    if (pids === undefined) pidsOf.set(netns, [pid])
    else pids.push(pid)
  }
  return pidsOf
}

/** A process that has ended, or moved elsewhere, since it was listed says nothing about the others. */
function openThroughAny(dumps: NetnsDumps, netns: string, pids: readonly number[]): NetnsDoor {
  for (const pid of pids) {
    const door = dumps.through(netns, pid)
    if (door.kind !== 'gone') return door
  }
  return { kind: 'gone' }
}
