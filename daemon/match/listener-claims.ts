/** The processes that serve entries with an address on this machine. Pure. */
import type { Reason } from '../../shared/model/attribution.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import type { Server } from '../../shared/model/server.ts'
import type { Claims, ListeningAt, RootClaim } from './claims.ts'
import type { Draft, Forest } from './drafts.ts'
import type { Scene } from './scene.ts'

interface Serving {
  readonly process: Process
  readonly reason: Reason
  readonly serverIds: ServerId[]
}

/**
 * One copy serves all entries that lead to it. Whoever is a part of an instance by its words, or by the command that
 * made its container, stays that: the forest is grown from above, and a claim counts for what nobody owns.
 */
export function claimListeners(
  scene: Scene,
  servers: readonly Server[],
  listening: ReadonlyMap<ServerId, ListeningAt>,
  contained: Claims,
): readonly RootClaim[] {
  if (listening.size === 0) return []
  const taken = new Set([...contained.joins, ...contained.roots].map(({ process }) => process))
  const serving = new Map<Process, Serving>()
  for (const { id } of servers) {
    const at = listening.get(id)
    const process = at === undefined ? null : processAt(scene, at, contained)
    if (at === undefined || process === null) continue
    if (taken.has(process) || scene.isSolidClient(process)) continue
    const reason = at.kind === 'container' ? 'published-port' : 'listening-port'
    const known = serving.get(process) ?? { process, reason, serverIds: [] }
    known.serverIds.push(id)
    serving.set(process, known)
  }
  return [...serving.values()].flatMap(({ process, reason, serverIds }): RootClaim[] => {
    const [first, ...rest] = serverIds.toSorted()
    if (first === undefined) return []
    const claim = { quality: 'listener', reasons: [reason], orphaned: false } as const
    return [{ process, serverIds: [first, ...rest], ...claim }]
  })
}

/** Numbers of processes are given again: it has to be the one that was found listening. */
function processAt({ table }: Scene, at: ListeningAt, contained: Claims): Process | null {
  if (at.kind === 'moved') return null
  if (at.kind === 'process') {
    const process = table.processes.get(at.pid)
    return process?.startTicks === at.startTicks ? process : null
  }
  for (const [process, { id }] of contained.containers) if (at.id.startsWith(id)) return process
  return null
}

export function movedIn(listening: ReadonlyMap<ServerId, ListeningAt>): ReadonlySet<ServerId> {
  return new Set([...listening].flatMap(([id, { kind }]) => (kind === 'moved' ? [id] : [])))
}

/** Whatever it calls itself: it is what answers the client. */
export function servesPort({ rootClaims }: Forest, { root }: Draft): boolean {
  return root !== null && rootClaims.get(root)?.quality === 'listener'
}

/**
 * Another program answers at its address by now, or its entries lead elsewhere, and it lives on. While nobody answers it keeps its name: a server may
 * close its listener for a moment. What is left below a root that ended is kept as with any other instance.
 */
export function lostItsPort(
  {
    forest: { rootClaims },
    claims: { moved },
  }: { readonly forest: Forest; readonly claims: Claims },
  { root, previous, members }: Draft,
): boolean {
  if (root === null || previous?.quality !== 'listener' || rootClaims.has(root)) return false
  const others = [...rootClaims.values()].filter(
    ({ quality, process }) => quality === 'listener' && !members.includes(process),
  )
  return previous.serverIds.every(
    (id) => moved?.has(id) === true || others.some(({ serverIds }) => serverIds.includes(id)),
  )
}
