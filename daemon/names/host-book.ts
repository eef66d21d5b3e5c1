/**
 * Forward resolution of the hosts that running servers are expected to use. Names behind an address cannot be asked
 * for backwards (a content network's reverse names say nothing of its customers), so the hosts are looked up
 * beforehand and addresses compared. Nothing here has a timer: a question is asked when somebody wants the host and
 * the last answer has grown old.
 */
import { isIP } from 'node:net'
import { canonicalAddress } from '../../shared/address/canonical.ts'
import { scopeOf } from '../../shared/address/scope.ts'
import type { Clock, HostBook, Log } from '../ports.ts'
import { createAddresses, type Moment, since } from './host-book-addresses.ts'
import type { AddressRecord, HostResolver } from './host-book-resolver.ts'

export interface HostBookDeps {
  readonly resolver: HostResolver
  readonly clock: Clock
  readonly log: Pick<Log, 'debug' | 'warn'>
}

const MAX_HOSTS = 500
const MAX_ADDRESSES = 64
/** Each asks for both kinds of address at once: four questions under way. */
const HOSTS_AT_ONCE = 2
const LEAST_TTL_MS = 30_000
const MOST_TTL_MS = 60 * 60_000
/** Connections live on after a host has moved. */
const KEEP_MS = 10 * 60_000
/** An answer stays good while the next one is being fetched. */
const GRACE_MS = 30_000
const FIRST_RETRY_MS = 5_000
const LAST_RETRY_MS = 5 * 60_000
const SWEEP_MS = 60_000

/** Names of hosts (RFC 1123); an underscore is met in practice. */
const HOST = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*$/
/** Never to be sent to a nameserver: RFC 6761 (localhost, invalid), 6762 (local), 7686 (onion). */
const NOT_IN_DNS = /(?:^|\.)(?:localhost|invalid|local|onion)$/

interface Entry {
  isBusy: boolean
  answer: { readonly at: Moment; readonly ttlMs: number } | null
  answers: number
  varies: boolean
  failure: { readonly at: Moment; readonly retryMs: number } | null
}

export function createHostBook({ resolver, clock, log }: HostBookDeps): HostBook {
  const entries = new Map<string, Entry>()
  const addresses = createAddresses(MAX_ADDRESSES)
  const queue = new Set<string>()
  let wanted: ReadonlySet<string> = new Set()
  let underWay = 0
  let isStopped = false
  let isFull = false
  const now = (): Moment => ({ wall: clock.wallMs(), monotonic: clock.monotonicMs() })
  let sweptAt = now()

  const lookUp = async (host: string, entry: Entry): Promise<void> => {
    const [v4, v6] = await Promise.allSettled([resolver.ask(host, 4), resolver.ask(host, 6)])
    if (isStopped) return
    const records = [...recordsOf(v4), ...recordsOf(v6)]
    const ttlMs = ttlOf(records)
    const at = now()
    const given = [...new Set(records.flatMap(({ address }) => plain(address)))]
    const isNew = addresses.add(host, given, ttlMs + KEEP_MS, at)
    // Without one kind of address what is known is not all there is.
    if (given.length > 0 && v4.status === 'fulfilled' && v6.status === 'fulfilled') {
      entry.varies ||= isNew && entry.answers > 0
      entry.answers += 1
      entry.answer = { at, ttlMs }
      entry.failure = null
      return
    }
    const retryMs = Math.min((entry.failure?.retryMs ?? FIRST_RETRY_MS / 2) * 2, LAST_RETRY_MS)
    entry.failure = { at, retryMs }
    log.debug({ code: codeOf(v4) ?? codeOf(v6) ?? 'no-address', retryMs }, 'a host is not known')
  }

  const pump = (): void => {
    for (const host of queue) {
      if (underWay >= HOSTS_AT_ONCE || isStopped) return
      queue.delete(host)
      const entry = entries.get(host)
      // Its server may have ended while it waited.
      if (entry === undefined || !wanted.has(host)) continue
      entry.isBusy = true
      underWay += 1
      void lookUp(host, entry).finally(() => {
        entry.isBusy = false
        underWay -= 1
        pump()
      })
    }
  }

  return {
    want: (hosts) => {
      if (isStopped) return
      const at = now()
      const askable = [...hosts].filter(isAskable)
      wanted = new Set(askable.slice(0, MAX_HOSTS))
      if (wanted.size < askable.length && !isFull)
        log.warn(
          { hosts: askable.length, most: MAX_HOSTS },
          'too many hosts to look all of them up',
        )
      isFull = wanted.size < askable.length
      for (const host of wanted) {
        const entry = entries.get(host) ?? newEntry()
        entries.set(host, entry)
        if (!entry.isBusy && isDue(entry, at)) queue.add(host)
      }
      if (since(sweptAt, at) >= SWEEP_MS || entries.size > 2 * MAX_HOSTS) {
        sweptAt = at
        addresses.sweep(at)
        for (const [host, entry] of entries)
          if (!wanted.has(host) && !entry.isBusy && !addresses.has(host)) entries.delete(host)
      }
      for (const host of entries.keys()) {
        if (entries.size <= 2 * MAX_HOSTS) break
        if (wanted.has(host)) continue
        entries.delete(host)
        addresses.forget(host)
      }
      pump()
    },
    namesOf: (address) =>
      addresses.namesOf(address, now(), (each) => scopeOf(each, new Set()) === 'public'),
    freshness: (host) => {
      const entry = wanted.has(host) ? entries.get(host) : undefined
      if (entry === undefined) return 'failed'
      const { answer, failure } = entry
      if (answer !== null && since(answer.at, now()) <= answer.ttlMs + GRACE_MS) return 'fresh'
      return failure === null ? 'pending' : 'failed'
    },
    varies: (host) => entries.get(host)?.varies ?? false,
    stop: () => {
      isStopped = true
      queue.clear()
      resolver.stop()
    },
  }
}

function newEntry(): Entry {
  return { isBusy: false, answer: null, answers: 0, varies: false, failure: null }
}

/** Whether a nameserver can be asked about it. */
function isAskable(host: string): boolean {
  return HOST.test(host) && !NOT_IN_DNS.test(host) && isIP(host) === 0
}

function isDue({ answer, failure }: Entry, at: Moment): boolean {
  if (failure !== null) return since(failure.at, at) >= failure.retryMs
  return answer === null || since(answer.at, at) >= answer.ttlMs
}

function recordsOf(
  settled: PromiseSettledResult<readonly AddressRecord[]>,
): readonly AddressRecord[] {
  return settled.status === 'fulfilled' ? settled.value : []
}

/** The shortest, within bounds: a zero must not make us ask all day, nor a year let us sit on what has moved. */
function ttlOf(records: readonly AddressRecord[]): number {
  const shortest = Math.min(...records.map(({ ttl }) => (ttl >= 0 ? ttl * 1000 : 0)), MOST_TTL_MS)
  return Math.max(shortest, LEAST_TTL_MS)
}

function plain(address: string): readonly string[] {
  const canonical = canonicalAddress(address)
  return canonical === null || canonical.zone !== null ? [] : [canonical.address]
}

function codeOf(settled: PromiseSettledResult<unknown>): string | null {
  if (settled.status === 'fulfilled') return null
  const reason: unknown = settled.reason
  return reason instanceof Error && 'code' in reason && typeof reason.code === 'string'
    ? reason.code
    : 'unknown'
}
