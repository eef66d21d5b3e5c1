/**
 * The book of attempts: what the kernel's events tell, joined by the socket's cookie, and kept until it is known whose
 * it is and until its end was told. It costs by what changes. Bounded by the number of attempts. No I/O.
 */
import type { RawSocket, Snapshot } from '../../../shared/model/observation.ts'
import { type AttemptFacts, isTellable, outcomeSoFar } from './attempt-facts.ts'
import { type Moment, wallMs } from './attempt-row.ts'
import { type Entry, newEntry, type RawAttempt } from './book-entry.ts'
import { createOpenAttempts, type OpenAttempts } from './book-open.ts'
import { createPast } from './book-past.ts'
import { createTeller, type Teller } from './book-tell.ts'
import { createUnownedItems, type UnownedItems } from './book-unowned.ts'
import type { AttemptBook, AttemptOwner, Ownership, Told, Unowned } from './parts.ts'
import type { SocketEvent } from './socket-event.ts'
import { advanceTcp, endUntold, isRepeated, startTcp } from './tcp-attempt.ts'
import { advanceUdp, endUdp, startUdp } from './udp-flow.ts'

export interface BookLimits {
  /** Attempts, under way or still to be told. */
  readonly attempts: number
  /** Destinations of one UDP socket: a new one ends the oldest. */
  readonly destinations: number
  /** Of all UDP sockets, likewise: sockets that are kept open must not take the room of all other attempts. */
  readonly flows: number
  /** Ends that are told at once: what is made of them must not keep us from reading what comes meanwhile. */
  readonly ends: number
}

const LIMITS: BookLimits = { attempts: 20_000, destinations: 1_000, flows: 4_000, ends: 2_000 }

export function createAttemptBook(limits: BookLimits = LIMITS): AttemptBook {
  return new Book(limits)
}

type Intent = Extract<SocketEvent, { kind: 'connect' | 'send' }>
type Kind<K extends SocketEvent['kind']> = Extract<SocketEvent, { kind: K }>

class Book implements AttemptBook {
  readonly #limits: BookLimits
  readonly #open: OpenAttempts = createOpenAttempts()
  readonly #unowned: UnownedItems<Entry | RawAttempt> = createUnownedItems()
  readonly #teller: Teller
  /** Over, with owner, and not told. */
  #ended: Entry[] = []
  #raw: (RawAttempt & { readonly owner: AttemptOwner })[] = []
  #size = 0
  #lost = 0
  #hasNews = false
  #isUrgent = false

  constructor(limits: BookLimits) {
    this.#limits = limits
    this.#teller = createTeller({
      open: this.#open,
      most: limits.ends,
      past: createPast(4 * limits.attempts),
      change: (entry, facts) => this.#change(entry, facts),
      forget: (entry) => this.#forget(entry),
      takeEnded: () => this.#takeEnded(),
    })
  }

  knows(cookie: number): boolean {
    return this.#open.has(cookie)
  }

  hear(event: SocketEvent): void {
    switch (event.kind) {
      case 'connect':
        if (event.protocol === 'tcp') this.#connect(event)
        else this.#intend(event)
        return
      case 'send':
        this.#intend(event)
        return
      case 'datagram':
        this.#datagram(event)
        return
      case 'raw-socket':
        this.#rawSocket(event)
        return
      case 'released':
        this.#releaseFlows(event)
        this.#advance(event)
        return
      case 'connecting':
      case 'established':
      case 'half-closed':
      case 'retried':
      case 'closed':
        this.#advance(event)
    }
  }

  unowned(): readonly Unowned[] {
    return this.#unowned.list()
  }

  settle(ownerOf: (who: Unowned) => Ownership): void {
    this.#unowned.settle(
      ownerOf,
      (item, owner) => this.#own(item, owner),
      (item) => this.#drop(item),
    )
  }

  hasNews(): boolean {
    return this.#hasNews
  }

  isUrgent(): boolean {
    return this.#isUrgent
  }

  takeLost(): number {
    const lost = this.#lost
    this.#lost = 0
    return lost
  }

  tell(sampled: readonly Snapshot[], now: Moment): Told {
    for (const item of this.#unowned.giveUp(now.atNs)) {
      if (!('facts' in item) || isTellable(item.facts)) this.#lost += 1
      this.#drop(item)
    }
    const unowned = [...this.#unowned.all()].filter((item) => 'facts' in item)
    const { snapshots, untold, hasMore } = this.#teller.tell(sampled, now, unowned)
    this.#ended = [...untold]
    this.#size += untold.length
    const rawSockets = this.#raw.map(({ owner, family, atNs }): RawSocket => {
      return { holder: owner.holder, family, at: wallMs(atNs, now) }
    })
    this.#size -= this.#raw.length
    this.#raw = []
    this.#hasNews = hasMore
    this.#isUrgent = hasMore
    return { snapshots, rawSockets }
  }

  #takeEnded(): readonly Entry[] {
    const ended = this.#ended
    this.#ended = []
    this.#size -= ended.length
    return ended
  }

  #connect(event: Kind<'connect'>): void {
    if (event.remote.port === 0 || this.#open.flows(event.cookie) !== null) return
    const before = this.#open.tcp(event.cookie)
    if (before?.facts.protocol === 'tcp') {
      if (isRepeated(before.facts, event)) return
      this.#change(before, endUntold(before.facts, event.atNs))
    }
    this.#begin(event, startTcp(event))
  }

  /** To port 0 nothing can be sent: getaddrinfo(3) asks so for the address that it would be sent from (RFC 6724). */
  #intend(event: Intent): void {
    if (event.remote.port === 0 || this.#open.tcp(event.cookie) !== null) return
    const facts = startUdp(event)
    const flows = this.#open.flows(event.cookie)
    if (flows !== null) {
      if (flows.get(facts.remote) !== null) return
      if (flows.size() >= this.#limits.destinations) this.#endEarly(flows.oldest(), event.atNs)
    }
    if (this.#open.flowCount() >= this.#limits.flows)
      this.#endEarly(this.#open.oldestFlow(), event.atNs)
    this.#begin(event, facts)
  }

  /** Where one goes that nothing was sent to yet is not told any more when something is. */
  #endEarly(entry: Entry | null, atNs: number): void {
    if (entry === null) return
    if (!isTellable(entry.facts)) this.#lost += 1
    this.#endFlow(entry, atNs)
  }

  #begin({ cookie, by, atNs }: Intent, facts: AttemptFacts): void {
    if (!this.#hasRoom()) return
    const entry = newEntry(cookie, by, facts)
    this.#open.add(entry)
    this.#unowned.add(by, atNs, entry)
  }

  #rawSocket({ by, atNs, family }: Kind<'raw-socket'>): void {
    if (this.#hasRoom()) this.#unowned.add(by, atNs, { by, atNs, family })
  }

  #hasRoom(): boolean {
    const hasRoom = this.#size < this.#limits.attempts
    if (hasRoom) this.#size += 1
    else this.#lost += 1
    return hasRoom
  }

  #advance(event: SocketEvent): void {
    const entry = this.#open.tcp(event.cookie)
    if (entry?.facts.protocol === 'tcp') this.#change(entry, advanceTcp(entry.facts, event))
  }

  #datagram(event: Kind<'datagram'>): void {
    const entry = this.#open.flows(event.cookie)?.sender(event.remote) ?? null
    if (entry?.facts.protocol === 'udp') this.#change(entry, advanceUdp(entry.facts, event))
  }

  #releaseFlows({ cookie, atNs }: Kind<'released'>): void {
    for (const entry of this.#open.flows(cookie)?.all() ?? []) this.#endFlow(entry, atNs)
  }

  #endFlow(entry: Entry, atNs: number): void {
    if (!isTellable(entry.facts)) this.#forget(entry)
    else if (entry.facts.protocol === 'udp') this.#change(entry, endUdp(entry.facts, atNs))
  }

  #change(entry: Entry, facts: AttemptFacts): void {
    entry.facts = facts
    if (facts.end !== null) this.#open.remove(entry)
    if (entry.owner !== null) this.#announce(entry)
  }

  #own(item: Entry | RawAttempt, owner: AttemptOwner): void {
    if ('facts' in item) {
      item.owner = owner
      this.#announce(item)
    } else {
      this.#raw.push({ ...item, owner })
      this.#hasNews = true
      this.#isUrgent = true
    }
  }

  #announce(entry: Entry): void {
    const { facts, told } = entry
    const isOtherwise = told?.row.outcome !== outcomeSoFar(facts)
    if (facts.end !== null) this.#ended.push(entry)
    else if (!isOtherwise || !isTellable(facts)) return
    this.#hasNews = true
    this.#isUrgent ||= isOtherwise
  }

  #drop(item: Entry | RawAttempt): void {
    if ('facts' in item) this.#open.remove(item)
    this.#size -= 1
  }

  #forget(entry: Entry): void {
    if (entry.owner === null) this.#unowned.remove(entry.by, entry)
    this.#drop(entry)
  }
}
