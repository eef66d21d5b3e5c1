/** Listening to this machine's kernel, and what match makes of one table of its processes after the other. */
import { join } from 'node:path'
import { emptyMatchState, matchServers } from '../../daemon/match/match.ts'
import { loadNative } from '../../daemon/native/load.ts'
import type { Native } from '../../daemon/native/native.ts'
import type { Clock, ProcessSource } from '../../daemon/ports.ts'
import { createFamily, type Family } from '../../daemon/processes/family.ts'
import { createPackages } from '../../daemon/processes/packages.ts'
import { createProcessEvents, type ProcessEvents } from '../../daemon/processes/proc-connector.ts'
import { spawnProbe, surroundings } from '../../daemon/processes/proc-connector-probe.ts'
import { createProcSource } from '../../daemon/processes/proc-source.ts'
import type { Instance, MatchState, Member } from '../../shared/model/attribution.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { digest, server } from '../unit/match/world.ts'

export const clock: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }
const loaded = await loadNative()
export const native = loaded.ok ? loaded.native : null

/** Resolves when the kernel has answered; `close` is left to the caller. */
export async function listen(family: Family, from: Native | null = native): Promise<ProcessEvents> {
  const at = surroundings()
  const events = createProcessEvents({ native: from, family, spawnProbe, clock, surroundings: at })
  await waitFor(
    () => {
      events.drain()
      return events.state() !== 'probing'
    },
    { what: 'an answer of the kernel', deadlineMs: 10_000, everyMs: 1 },
  )
  return events
}

export async function isHeardHere(): Promise<boolean> {
  const events = await listen(createFamily())
  events.close()
  return events.state() === 'working'
}

export function processSource(): ProcessSource {
  const ownUid = process.getuid?.() ?? -1
  return createProcSource({ clock, packages: createPackages(clock), ownUid })
}

export interface Matching {
  tick(): Promise<void>
  membersOf(root: number): readonly Member[]
  pidsOf(root: number): ReadonlySet<number>
}

/** Servers of a client, which is this very process: `sh` with the scripts of these names in the folder. */
export function createMatching(
  source: ProcessSource,
  folder: string,
  names: readonly string[],
): Matching {
  const servers = names.map((name) => server(name, ['sh', join(folder, name)]))
  const recogniseClient = ({ pid }: { pid: number }): string | null =>
    pid === process.pid ? 'claude-desktop' : null
  let previous: MatchState = emptyMatchState
  let instances: readonly Instance[] = []
  const membersOf = (root: number): readonly Member[] =>
    instances.find(({ rootPid }) => rootPid === root)?.members ?? []
  return {
    async tick() {
      const table = await source.sample(new Set())
      const matched = matchServers({ previous, servers, table, recogniseClient, digest })
      previous = matched.state
      instances = matched.instances
    },
    membersOf,
    pidsOf: (root) => new Set(membersOf(root).map(({ process: { pid } }) => pid)),
  }
}
