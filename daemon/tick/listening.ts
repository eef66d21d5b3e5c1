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
import type { ContainerSource, HostFactsSource, ListenerOwner, ListenerOwners } from '../ports.ts'
import { type Answer, answerFor, isSame } from './listening-answer.ts'
import { createMoves } from './listening-moves.ts'
import { assumedListener, listenersAt, type Place, placesOf } from './listening-places.ts'
import { certain, isDue, isUnsure, keyOf, newSearch, type Search } from './listening-search.ts'
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
  /** With a table of this moment. Waits, for a short time, at the first call only: what runs already is known then. */
  look(input: ListeningInput): Promise<void>
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
  #rows: ReadonlyMap<Place, readonly SocketRow[]> = new Map()
  readonly #searches = new Map<string, Search>()
  #answers: ReadonlyMap<ServerId, Answer> = new Map()
  #current: ReadonlyMap<ServerId, ListeningAt> = new Map()
  #stopLooking: (() => void) | null = null
  #isFirst = true

  constructor(deps: ListeningDeps, onChange: () => void, every: Every) {
    this.#owners = deps.listenerOwners
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

  async look(input: ListeningInput): Promise<void> {
    const before = this.#input
    this.#input = input
    if (before?.servers !== input.servers || before.selfAddresses !== input.selfAddresses)
      this.#follow(input)
    this.#followTimer()
    this.#read()
    const asking = this.#askForNew(input.table)
    if (this.#isFirst && asking.length > 0)
      await withLimit(this.#untilSure(asking, input.table), FIRST_WAIT_MS)
    this.#isFirst = false
    this.#settle()
  }

  #follow({ servers, selfAddresses }: ListeningInput): void {
    this.#places = placesOf(servers, selfAddresses)
    const left = new Set(this.#moves.follow(servers, this.#places))
    this.#answers = new Map([...this.#answers].filter(([id]) => !left.has(id)))
  }

  /** What runs at the start is in the table: who is not found by now is hidden. */
  async #untilSure(asking: readonly Promise<void>[], table: ProcessTable): Promise<void> {
    await Promise.all(asking)
    await Promise.all(this.#askForNew(table))
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
    const isNew = this.#all().some((row) => !this.#searches.has(keyOf(row)))
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
    if (this.#places.length === 0 && this.#rows.size === 0) return
    const listed = this.#owners.list?.() ?? this.#heard
    const at = (place: Place): readonly SocketRow[] =>
      listed === null ? [assumedListener(place)] : listenersAt(place, listed)
    this.#rows = new Map(this.#places.map((place) => [place, at(place)]))
    const keys = new Set(this.#all().map(keyOf))
    for (const key of this.#searches.keys()) if (!keys.has(key)) this.#searches.delete(key)
  }

  #all(): readonly SocketRow[] {
    return [...this.#rows.values()].flat()
  }

  #askForNew(table: ProcessTable): readonly Promise<void>[] {
    const asking: Promise<void>[] = []
    for (const row of this.#all()) {
      const key = keyOf(row)
      const search = this.#searches.get(key) ?? newSearch()
      this.#searches.set(key, search)
      search.age += 1
      if (isDue(search, row, table)) asking.push(this.#ask(search, row, table))
    }
    return asking
  }

  async #ask(search: Search, row: SocketRow, table: ProcessTable): Promise<void> {
    search.isPending = true
    const owner = await this.#owners
      .ownerOf(row, table, search.misses > 0)
      // Like one that cannot be seen: it is asked about again.
      .catch((): ListenerOwner => ({ kind: 'unreadable' }))
    search.isPending = false
    search.age = 0
    search.owner = owner
    search.misses = owner.kind === 'process' ? 0 : search.misses + 1
    if (this.#isFirst) return
    if (this.#settle() || isUnsure(search)) this.#onChange()
  }

  /** Puts together what is known; true when that changed. */
  #settle(): boolean {
    const answers = new Map<ServerId, Answer>()
    for (const [place, rows] of this.#rows) {
      const answer = this.#answerAt(place, rows)
      for (const id of place.serverIds) {
        answers.set(id, answer ?? this.#answers.get(id) ?? SOUGHT)
      }
    }
    const current = this.#currentOf(answers)
    const isOld = isSame(this.#answers, answers) && isSame(this.#current, current)
    if (!isSame(this.#answers, answers)) this.#answers = answers
    if (!isSame(this.#current, current)) this.#current = current
    return !isOld
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
    const { table, containers } = this.#input ?? NO_INPUT
    const searches = rows.map((row) => this.#searches.get(keyOf(row)) ?? null)
    const owners = searches.flatMap((search) => search?.owner ?? [])
    if (owners.length < rows.length || searches.some((each) => each !== null && isUnsure(each)))
      return null
    return answerFor({
      place,
      owners: certain(rows, owners),
      table,
      containers,
      isClient: this.#isClient,
    })
  }
}

const SOUGHT = { kind: 'sought' } as const satisfies Answer
const MOVED = { kind: 'moved' } as const satisfies ListeningAt

const NO_INPUT = {
  table: { at: 0, processes: new Map() },
  containers: [],
} as const satisfies Pick<ListeningInput, 'table' | 'containers'>

function isListening(answer: Answer): answer is Extract<Answer, ListeningAt> {
  return answer.kind === 'process' || answer.kind === 'container'
}
