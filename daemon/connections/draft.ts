/** The open connections while a batch is folded in: what was met, what is new, what changed. */
import type { Connection, Owner } from '../../shared/model/connection.ts'
import type { ConnectionId, EpochMs, InstanceId } from '../../shared/model/ids.ts'
import { type Flow, flowId } from './flows.ts'
import { indexKnown } from './known.ts'
import { outcomeOf, withOutcome } from './outcome.ts'
import type { ConnectionsState } from './state.ts'

/** What a row tells of a connection of one instance. */
export interface Claim {
  readonly instance: InstanceId
  readonly owner: Owner | null
  readonly candidates: readonly Owner[]
  readonly inherited: boolean
  readonly flow: Flow
}

/** What is only needed when the claim opens a connection. */
export interface Birth {
  readonly bootId: string
  readonly direction: Connection['direction']
  readonly firstSeen: EpochMs
  readonly openedBefore: boolean
}

export interface Draft {
  claim(claim: Claim, birth: Birth): void
  /** As `claim`, for a row that nobody holds: it yields to what is known of the row's owner. */
  claimCandidate(claim: Claim, birth: Birth): void
  /** The row is still there, but nobody was seen holding it: what is known of its owner stands. */
  keep(flow: Flow): void
  /** Positive evidence that these are over: the row has ended, or others alone hold it now. */
  end(flow: Flow): void
  /** Closes what was not met and for which `isGone` holds. */
  finish(isGone: (connection: Connection) => boolean, at: EpochMs): DraftResult
}

export interface DraftResult {
  readonly open: ReadonlyMap<ConnectionId, Connection>
  readonly opened: readonly Connection[]
  readonly updated: readonly Connection[]
  readonly closed: readonly Connection[]
}

/** `live` are the instances that run now: only a dead one's connection may pass to another instance. */
export function createDraft(state: ConnectionsState, live: ReadonlySet<InstanceId>): Draft {
  const knownFor = indexKnown([...state.open.values()])
  const met = new Map<ConnectionId, Connection>()
  const opened: Connection[] = []
  const updated: Connection[] = []
  const ended = new Set<ConnectionId>()
  const over = new Map<ConnectionId, EpochMs>()
  const claimed = new Set<string>()
  const ownedRows = new Set<string>()

  const meet = (connection: Connection, before: Connection | undefined, flow: Flow): void => {
    if (before === undefined) opened.push(connection)
    else if (isChanged(before, connection)) updated.push(connection)
    met.set(connection.id, connection)
    if (flow.row.endedAt !== undefined) over.set(connection.id, flow.row.endedAt)
    if (connection.owner !== null) ownedRows.add(rowKey(flow))
  }
  const claim: Draft['claim'] = (made, birth) => {
    const token = `${rowKey(made.flow)} ${made.instance}`
    // A tool may list a socket once for each of its descriptors. An attempt that is over is told once, and one socket
    // can make several between the same two ends.
    if (claimed.has(token) && !isPastAttempt(made.flow)) return
    claimed.add(token)
    const known = knownFor(made.flow).filter(({ id }) => !met.has(id))
    const before =
      known.find((connection) => connection.instance === made.instance) ??
      known.find((connection) => !live.has(connection.instance))
    const isTaken = (id: ConnectionId): boolean => met.has(id) || state.open.has(id)
    const now = before === undefined ? openConnection(made, birth, isTaken) : sighted(before, made)
    meet(now, before, made.flow)
  }

  return {
    claim,
    claimCandidate: (made, birth) => {
      if (!ownedRows.has(rowKey(made.flow))) claim(made, birth)
    },
    keep: (flow) => {
      for (const connection of knownFor(flow)) {
        if (met.has(connection.id) || connection.owner === null) continue
        const isOver = flow.row.endedAt !== undefined
        if (isOver || live.has(connection.instance))
          meet(seenAgain(connection, flow), connection, flow)
      }
    },
    end: (flow) => {
      for (const { id } of knownFor(flow)) ended.add(id)
    },
    finish: (isGone, at) => {
      const open = new Map(met)
      const closed: Connection[] = []
      for (const [id, closedAt] of over) {
        const connection = met.get(id)
        open.delete(id)
        if (connection !== undefined) closed.push({ ...connection, closedAt })
      }
      for (const connection of state.open.values()) {
        if (met.has(connection.id)) continue
        if (ended.has(connection.id) || isGone(connection))
          closed.push({ ...connection, closedAt: at })
        else open.set(connection.id, connection)
      }
      return { open, opened, updated, closed }
    },
  }
}

function openConnection(
  claim: Claim,
  birth: Birth,
  isTaken: (id: ConnectionId) => boolean,
): Connection {
  const { flow, instance } = claim
  const { row, snapshot } = flow
  return {
    id: freeId(
      (extra) => flowId(birth.bootId, flow, discriminatorOf(flow, birth), extra),
      instance,
      isTaken,
    ),
    instance,
    netns: snapshot.netns,
    protocol: row.protocol,
    local: row.local,
    remote: flow.remote,
    inode: row.inode,
    cookie: row.cookie,
    direction: birth.direction,
    owner: claim.owner,
    candidates: claim.candidates,
    inherited: claim.inherited,
    outcome: outcomeOf(row),
    openedBefore: birth.openedBefore,
    firstSeen: birth.firstSeen,
    lastSeen: row.endedAt ?? snapshot.at,
    closedAt: null,
    bytes: row.bytes ?? null,
  }
}

/** The attempts that one socket makes, one after the other, have no more than their time to tell them apart. */
function discriminatorOf({ row }: Flow, { firstSeen }: Birth): string | number {
  if (row.outcome !== undefined) return `${row.cookie ?? ''} at ${firstSeen}`
  return row.inode ?? row.cookie ?? `at ${firstSeen}`
}

/**
 * Two instances can hold one socket without either being above the other: the later one has its own row. And rows with
 * the same two ends can come without an inode to tell them apart: they are numbered.
 */
function freeId(
  idOf: (extra: readonly string[]) => ConnectionId,
  instance: InstanceId,
  isTaken: (id: ConnectionId) => boolean,
): ConnectionId {
  const shared = idOf([])
  if (!isTaken(shared)) return shared
  let id = idOf([instance])
  for (let count = 2; isTaken(id); count += 1) id = idOf([instance, String(count)])
  return id
}

function sighted(known: Connection, claim: Claim): Connection {
  return {
    ...seenAgain(known, claim.flow),
    instance: claim.instance,
    owner: claim.owner,
    candidates: claim.candidates,
    // Made outside once is made outside for good, also when the outsider has closed its copy.
    inherited: known.inherited || claim.inherited,
  }
}

function seenAgain(known: Connection, flow: Flow): Connection {
  return {
    ...known,
    local: known.local.port === 0 ? flow.row.local : known.local,
    inode: flow.row.inode ?? known.inode,
    cookie: flow.row.cookie ?? known.cookie,
    outcome: withOutcome(known.outcome, outcomeOf(flow.row)),
    lastSeen: Math.max(known.lastSeen, flow.row.endedAt ?? flow.snapshot.at),
    bytes: bytesOf(known, flow),
  }
}

/** A look that tells nothing leaves what is known; at the end only what the kernel told then is right. */
function bytesOf(known: Connection, { row }: Flow): Connection['bytes'] {
  if (row.bytes === undefined) return known.bytes
  return row.endedAt === undefined ? (row.bytes ?? known.bytes) : row.bytes
}

function isChanged(before: Connection, now: Connection): boolean {
  return (
    before.instance !== now.instance ||
    before.outcome !== now.outcome ||
    before.inherited !== now.inherited ||
    before.local.port !== now.local.port ||
    before.bytes?.sent !== now.bytes?.sent ||
    before.bytes?.received !== now.bytes?.received ||
    ownerText(before.owner) !== ownerText(now.owner) ||
    before.candidates.map(ownerText).join() !== now.candidates.map(ownerText).join()
  )
}

function ownerText(owner: Owner | null): string {
  return owner === null ? '' : `${owner.process} ${owner.role}`
}

function isPastAttempt({ row }: Flow): boolean {
  return row.outcome !== undefined && row.endedAt !== undefined
}

function rowKey({ key, row }: Flow): string {
  return `${key} ${row.inode ?? ''} ${row.cookie ?? ''}`
}
