/**
 * Who is at the other end of descriptor 0: only clients are looked at, and each only once for a process. A client makes
 * the pipe first, so that one which started later is never asked: when nothing is started, nothing is read.
 */
import type { ProcessKey } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import type { RunningClient, StdinPeers } from '../ports.ts'
import { descriptorNames, type Ends, heldEnds } from './stdin-ends.ts'

export interface StdinPeersDeps {
  /** Default `/proc`. */
  readonly procRoot?: string
  /** The socket at the other end of each of these, by inode. */
  readonly socketPeers: (inodes: Iterable<number>) => ReadonlyMap<number, number>
  /** Links read for one question; for tests. */
  readonly maxLinks?: number
}

/** At some microseconds each: a client with very many descriptors comes last, or never. */
const MAX_LINKS = 20_000
/** More servers at a time without a client are not asked about. */
const MAX_PROCESSES = 1_000

interface Asked {
  readonly holder: Process | null
  readonly clients: ReadonlySet<ProcessKey>
}

export function createStdinPeers(deps: StdinPeersDeps): StdinPeers {
  let known: ReadonlyMap<ProcessKey, Asked> = new Map()
  return {
    holderOf: ({ key }) => known.get(key)?.holder?.pid ?? null,
    ask(unclaimed, clients) {
      const before = known
      const next = new Map<ProcessKey, Asked>()
      const open: Open[] = []
      for (const process of unclaimed.slice(0, MAX_PROCESSES)) {
        const asked = before.get(process.key) ?? NOT_ASKED
        const older = clients.filter(
          ({ process: { startTicks } }) => startTicks < process.startTicks,
        )
        const keys = new Set(older.map((client) => client.process.key))
        const isHeld = asked.holder !== null && keys.has(asked.holder.key)
        const isAnswered = isHeld || [...keys].every((key) => asked.clients.has(key))
        const holder = isHeld ? asked.holder : null
        next.set(process.key, { holder, clients: keys })
        if (!isAnswered) open.push({ process, clients: older })
      }
      for (const [key, holder] of findHolders(deps, open))
        next.set(key, { holder, clients: next.get(key)?.clients ?? new Set() })
      known = next
      return unclaimed.some(
        ({ key }) => before.get(key)?.holder?.key !== next.get(key)?.holder?.key,
      )
    },
  }
}

/** On a system that does not tell. */
export const noStdinPeers: StdinPeers = { holderOf: () => null, ask: () => false }

const NOT_ASKED: Asked = { holder: null, clients: new Set() }

interface Open {
  readonly process: Process
  readonly clients: readonly RunningClient[]
}

function findHolders(
  { procRoot = '/proc', socketPeers, maxLinks = MAX_LINKS }: StdinPeersDeps,
  open: readonly Open[],
): ReadonlyMap<ProcessKey, Process> {
  const found = new Map<ProcessKey, Process>()
  if (open.length === 0) return found
  const ends = otherEnds(open, socketPeers)
  if (ends.size === 0) return found
  const sought = endsOf(open, ends)
  const clients = new Map(open.flatMap((each) => each.clients.map((one) => [one.process.key, one])))
  const holders = holdersOf(procRoot, [...clients.values()], sought, maxLinks)
  for (const { process, clients: older } of open) {
    const inode = ends.get(process.key)
    const holding = older.filter((client) => holders.get(client)?.has(inode ?? 0))
    const holder = oneClient(holding)
    if (holder !== null) found.set(process.key, holder)
  }
  return found
}

/** Inode of what is at the other end, by process: a pipe has one for both ends. */
function otherEnds(
  open: readonly Open[],
  socketPeers: StdinPeersDeps['socketPeers'],
): ReadonlyMap<ProcessKey, number> {
  const sockets = open.flatMap(({ process: { stdin, stdinInode } }) =>
    stdin === 'socket' && stdinInode ? [stdinInode] : [],
  )
  const peers = socketPeers(new Set(sockets))
  const ends = new Map<ProcessKey, number>()
  for (const { process } of open) {
    const { key, stdin, stdinInode } = process
    const end = stdin === 'socket' ? peers.get(stdinInode ?? 0) : stdinInode
    if (end) ends.set(key, end)
  }
  return ends
}

function endsOf(open: readonly Open[], ends: ReadonlyMap<ProcessKey, number>): Ends {
  const inodes = (kind: Process['stdin']): ReadonlySet<number> =>
    new Set(
      open.flatMap(({ process: { key, stdin } }) => (stdin === kind ? (ends.get(key) ?? []) : [])),
    )
  return { pipes: inodes('pipe'), sockets: inodes('socket') }
}

function holdersOf(
  procRoot: string,
  clients: readonly RunningClient[],
  sought: Ends,
  maxLinks: number,
): ReadonlyMap<RunningClient, ReadonlySet<number>> {
  const listed = clients.map((client) => ({
    client,
    names: descriptorNames(procRoot, client.process.pid),
  }))
  const held = new Map<RunningClient, ReadonlySet<number>>()
  let left = maxLinks
  for (const { client, names } of listed.toSorted((a, b) => a.names.length - b.names.length)) {
    left -= names.length
    if (left < 0) break
    held.set(client, heldEnds(procRoot, client.process.pid, names, sought))
  }
  return held
}

/** Descriptors are inherited downwards: of several that hold it the oldest made it. Different clients are no answer. */
function oneClient(holding: readonly RunningClient[]): Process | null {
  if (new Set(holding.map(({ id }) => id)).size > 1) return null
  const [oldest] = holding.toSorted((a, b) => a.process.startTicks - b.process.startTicks)
  return oldest?.process ?? null
}
