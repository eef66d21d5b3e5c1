/**
 * Who listens where configured addresses on this machine lead to. The list of listeners is short and cheap, so it is
 * looked at twice a second; whose a new one is takes a search through descriptors, which is done off the tick, once.
 */
import type { Container } from '../../shared/model/container.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { Batch, SocketRow } from '../../shared/model/observation.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import type { Discovery, Server } from '../../shared/model/server.ts'
import type { ListeningAt } from '../match/claims.ts'
import type { ContainerSource, HostFactsSource, ListenerOwners } from '../ports.ts'
import { type Answer, answerFor, isSame } from './listening-answer.ts'
import { createMoves } from './listening-moves.ts'
import { type Place, placesOf } from './listening-places.ts'
import { createPlaceRows } from './listening-rows.ts'
import { createSearches, type Searches } from './listening-search.ts'
import { type Every, everyUnref, withLimit } from './timers.ts'

export interface ListeningInput {
  readonly servers: readonly Server[]
  readonly selfAddresses: ReadonlySet<string>
  readonly table: ProcessTable
  readonly containers: readonly Container[]
}

export function listeningInput(
  ports: { readonly hostFacts: HostFactsSource; readonly containers: ContainerSource },
  { servers }: Discovery,
  table: ProcessTable,
): ListeningInput {
  const { selfAddresses } = ports.hostFacts.current()
  return { servers, selfAddresses, table, containers: ports.containers.current().all }
}

export interface ListeningBook {
  /** The same object while nothing changed. */
  current(): ReadonlyMap<ServerId, ListeningAt>
  /** Entries whose address is one of this machine, with what was found there; the same object while nothing changed. */
  answers(): ReadonlyMap<ServerId, Answer>
  /**
   * With a table of this moment. Waits, for a short time, where somebody new listens, and at the first call: who that is
   * is known then. True when it did: the table is of a moment ago.
   */
  look(input: ListeningInput): Promise<boolean>
  /** Each batch, for where listeners cannot be listed besides. */
  heard(batch: Batch, ownNetns: string | null): void
  stop(): void
}

export interface ListeningDeps {
  readonly listenerOwners: ListenerOwners
  readonly recogniseClient: (process: Process) => string | null
}

const LOOK_EVERY_MS = 500
const FIRST_WAIT_MS = 500
/** All descriptors of a machine with some thousand are read in this time; samples do not wait for more. */
const NEW_WAIT_MS = 150

/** `onChange`: what is known changed, or can change with a new table. */
export function createListeningBook(
  deps: ListeningDeps,
  onChange: () => void,
  every: Every = everyUnref,
): ListeningBook {
  return new Book(deps, onChange, every)
}

class Book implements ListeningBook {
  readonly #owners: ListenerOwners
  readonly #isClient: (process: Process) => boolean
  readonly #onChange: () => void
  readonly #every: Every
  readonly #moves = createMoves()
  #input: ListeningInput | null = null
  /** Null where the last batch did not have all of our own network's. */
  #heard: readonly SocketRow[] | null = null
  #places: readonly Place[] = []
  readonly #rows = createPlaceRows()
  readonly #searches: Searches
  #answers: ReadonlyMap<ServerId, Answer> = new Map()
  #current: ReadonlyMap<ServerId, ListeningAt> = new Map()
  #stopLooking: (() => void) | null = null
  #isFirst = true
  #isWaiting = false
  /** Something changed of which the answers are made. */
  #isStale = true

  constructor(deps: ListeningDeps, onChange: () => void, every: Every) {
    this.#owners = deps.listenerOwners
    this.#searches = createSearches(deps.listenerOwners, (isUnsure) => this.#hear(isUnsure))
    // By what it is, and not by what it calls itself: a server must not get out of sight by a title.
    this.#isClient = (process) => deps.recogniseClient({ ...process, argv: [], comm: '' }) !== null
    this.#onChange = onChange
    this.#every = every
  }

  current(): ReadonlyMap<ServerId, ListeningAt> {
    return this.#current
  }

  answers(): ReadonlyMap<ServerId, Answer> {
    return this.#answers
  }

  async look(input: ListeningInput): Promise<boolean> {
    const before = this.#input
    this.#input = input
    if (before?.servers !== input.servers || before.selfAddresses !== input.selfAddresses)
      this.#follow(input)
    this.#isStale ||= !isSameScene(before, input)
    this.#followTimer()
    this.#read()
    const { fresh, all } = this.#searches.ask(this.#rows.all(), input.table)
    const work = this.#isFirst ? this.#untilSure(all, input.table) : Promise.all(fresh)
    const isWaiting = (this.#isFirst ? all : fresh).length > 0
    if (isWaiting) {
      this.#isWaiting = true
      await withLimit(work, this.#isFirst ? FIRST_WAIT_MS : NEW_WAIT_MS)
      this.#isWaiting = false
    }
    this.#isFirst = false
    this.#settle()
    return isWaiting
  }

  #follow({ servers, selfAddresses }: ListeningInput): void {
    this.#places = placesOf(servers, selfAddresses)
    const left = new Set(this.#moves.follow(servers, this.#places))
    this.#answers = new Map([...this.#answers].filter(([id]) => !left.has(id)))
    this.#isStale = true
  }

  /** What runs at the start is in the table: who is not found by now is hidden. */
  async #untilSure(asking: readonly Promise<void>[], table: ProcessTable): Promise<void> {
    await Promise.all(asking)
    await Promise.all(this.#searches.ask(this.#rows.all(), table).all)
  }

  heard({ snapshots }: Batch, ownNetns: string | null): void {
    const own = snapshots.find(({ netns }) => netns === ownNetns || netns === 'host')
    this.#heard = own?.hostWide === true ? own.rows : null
  }

  stop(): void {
    this.#places = []
    this.#followTimer()
  }

  /** Between two ticks: what is new there is asked about with the table of the next one. */
  #glance(): void {
    this.#read()
    const isNew = this.#searches.areNew(this.#rows.all())
    if (this.#settle() || isNew) this.#onChange()
  }

  #followTimer(): void {
    if (this.#places.length > 0 && this.#owners.list !== undefined) {
      this.#stopLooking ??= this.#every(LOOK_EVERY_MS, () => this.#glance())
    } else {
      this.#stopLooking?.()
      this.#stopLooking = null
    }
  }

  /** Which sockets listen at the places now; those that nobody asks about any more are forgotten. */
  #read(): void {
    if (this.#places.length === 0 && this.#rows.all().length === 0) return
    if (!this.#rows.read(this.#places, this.#owners.list?.() ?? this.#heard)) return
    this.#isStale = true
    this.#searches.keep(this.#rows.all())
  }

  #hear(isUnsure: boolean): void {
    this.#isStale = true
    if (this.#isFirst || (this.#isWaiting && !isUnsure)) return
    if (this.#settle() || isUnsure) this.#onChange()
  }

  /** Puts together what is known; true when that changed. */
  #settle(): boolean {
    if (!this.#isStale) return false
    this.#isStale = false
    const answers = new Map<ServerId, Answer>()
    for (const [place, rows] of this.#rows.current()) {
      const answer = this.#answerAt(place, rows)
      for (const id of place.serverIds) {
        answers.set(id, answer ?? this.#answers.get(id) ?? SOUGHT)
      }
    }
    const current = this.#currentOf(answers)
    const isOld = [isSame(this.#answers, answers), isSame(this.#current, current)] as const
    if (!isOld[0]) this.#answers = answers
    if (!isOld[1]) this.#current = current
    return isOld.includes(false)
  }

  #currentOf(answers: ReadonlyMap<ServerId, Answer>): ReadonlyMap<ServerId, ListeningAt> {
    const current = new Map<ServerId, ListeningAt>()
    for (const [id, answer] of answers) {
      if (!isListening(answer)) continue
      current.set(id, answer)
      this.#moves.settled(id)
    }
    for (const id of this.#moves.all()) current.set(id, MOVED)
    return current
  }

  /** Null while it is being looked for: what was known counts until then. */
  #answerAt(place: Place, rows: readonly SocketRow[]): Answer | null {
    const owners = this.#searches.ownersOf(rows)
    if (owners === null) return null
    const { table, containers } = this.#input ?? NO_INPUT
    return answerFor({ place, owners, table, containers, isClient: this.#isClient })
  }
}

const SOUGHT = { kind: 'sought' } as const satisfies Answer
const MOVED = { kind: 'moved' } as const satisfies ListeningAt

const NO_INPUT = {
  table: { at: 0, processes: new Map() },
  containers: [],
} as const satisfies Pick<ListeningInput, 'table' | 'containers'>

/** The table is another each time; what is in it is not. */
function isSameScene(before: ListeningInput | null, now: ListeningInput): boolean {
  return before?.table.processes === now.table.processes && before.containers === now.containers
}

function isListening(answer: Answer): answer is Extract<Answer, ListeningAt> {
  return answer.kind === 'process' || answer.kind === 'container'
}
