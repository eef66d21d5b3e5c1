/** Reads descriptors into the ledgers: who holds what is new, who else holds what is known, and who hides it. */
import type { ProcessKey } from '../../../shared/model/ids.ts'
import type { Holder, RawSocket, WatchedProcess } from '../../../shared/model/observation.ts'
import type { Clock, ProcessSource } from '../../ports.ts'
import type { HeldReader } from '../held.ts'
import type { Space } from './space.ts'
import type { WatchList } from './watch-list.ts'

/** Descriptors can be passed between processes without any new socket: everything is read again this often. */
const ALL_EVERY_MS = 10_000
/** What clients open themselves is looked for this often, while somebody makes new sockets. */
export const CLIENTS_EVERY_MS = 2_000

export interface ReadingDeps {
  readonly clock: Clock
  readonly held: HeldReader
  readonly see: ProcessSource['see']
  readonly list: WatchList
}

export interface Reading {
  /** A member ran since all descriptors were read. */
  ran(): void
  hasRun(): boolean
  /** A socket of a member was found since the last `told`. */
  hasFound(): boolean
  /** Some member cannot be looked into. */
  isHidden(): boolean
  unreadable(): ReadonlySet<ProcessKey>
  /** Looks for what is new in this space among these processes; true when somebody holds some of it. */
  readNew(space: Space, ran: readonly WatchedProcess[]): Promise<boolean>
  isAllDue(): boolean
  /** Clients are watched, and were not read for a while. */
  areClientsDue(): boolean
  /** Sockets were met since everything was read: some may be of clients, whoever else did not hold them. */
  hasMet(spaces: readonly Space[]): boolean
  /**
   * Members, those above them and their peers: who else holds it, what was passed on, what is hidden; and which members
   * hold packet sockets.
   */
  readAll(spaces: readonly Space[], dump: (space: Space) => void): Promise<void>
  /** Packet sockets that were found since the last `told`. */
  packets(): readonly RawSocket[]
  told(): void
}

export function createReading({ clock, held, see, list }: ReadingDeps): Reading {
  /** Those that the next table is asked to have even if they end. */
  const kept = new Set<number>()
  let readVersion = -1
  let unreadable: ReadonlySet<ProcessKey> = new Set()
  let packets: RawSocket[] = []
  let isFound = false
  let hasRun = true
  let lastAll = Number.NEGATIVE_INFINITY
  let lastRead = Number.NEGATIVE_INFINITY
  let lastMet = 0

  /** A process that made a connection and ends before the next listing is still somebody. */
  const keepHolders = (found: readonly Holder[]): void => {
    if (found.length > 0) isFound = true
    const fresh = new Set(found.map(({ pid }) => pid).filter((pid) => !kept.has(pid)))
    for (const pid of fresh) kept.add(pid)
    if (fresh.size > 0) see([...fresh].map((pid) => ({ pid, parent: null })))
  }
  /** Who did not run was passed no descriptor either; the clocks of peers and clients are not read. */
  const mayHaveChanged = (): boolean =>
    hasRun || list.outsiders().some(({ kind }) => kind === 'peer' || kind === 'client')
  return {
    ran() {
      hasRun = true
    },
    hasRun: () => hasRun,
    hasFound: () => isFound,
    isHidden: () => unreadable.size > 0,
    unreadable: () => unreadable,
    async readNew({ ledger }, ran) {
      const reading = await held.read(ran, ledger.isSecondLook(), ledger.unresolved())
      unreadable = new Set([...unreadable, ...reading.unreadable])
      const found = ledger.resolve(reading.held)
      keepHolders(found)
      return found.length > 0
    },
    isAllDue: () =>
      readVersion !== list.version() ||
      isFound ||
      unreadable.size > 0 ||
      (mayHaveChanged() && clock.monotonicMs() - lastAll >= ALL_EVERY_MS),
    areClientsDue: () =>
      clock.monotonicMs() - lastRead >= CLIENTS_EVERY_MS &&
      list.outsiders().some(({ kind }) => kind === 'client'),
    hasMet: (spaces) => metIn(spaces) !== lastMet,
    async readAll(spaces, dump) {
      const now = clock.monotonicMs()
      lastRead = now
      const threads = now - lastAll >= ALL_EVERY_MS
      if (threads) {
        lastAll = now
        hasRun = false
      }
      readVersion = list.version()
      const reading = await held.read([...list.members(), ...list.outsiders()], threads)
      unreadable = reading.unreadable
      for (const space of spaces) {
        space.ledger.setHidden(unreadable.size > 0)
        // What was passed over until now is somebody's after all.
        if (space.ledger.refresh(reading.held)) dump(space)
        keepHolders(space.ledger.resolve(reading.held))
      }
      lastMet = metIn(spaces)
      const members = new Set(list.members().map(({ key }) => key))
      const isMember = ({ process }: Holder): boolean => members.has(process)
      const at = clock.wallMs()
      for (const space of spaces)
        for (const holder of space.newPackets(reading.held, isMember))
          packets.push({ holder, family: 'packet', at })
    },
    packets: () => packets,
    told() {
      kept.clear()
      packets = []
      isFound = false
    },
  }
}

function metIn(spaces: readonly Space[]): number {
  return spaces.reduce((sum, { ledger }) => sum + ledger.met(), 0)
}
