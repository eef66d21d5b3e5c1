/** Lists the sockets of one network namespace through one kept netlink socket. A list that is not whole says so. */
import type { Protocol } from '../../../shared/model/observation.ts'
import type { NetlinkSocket } from '../../native/native.ts'
import type { DiagRow } from './diag-row.ts'
import { createExactLookup } from './dump-exact.ts'
import {
  createExchange,
  type Exchange,
  type ExchangeEnd,
  mayHelpToRepeat,
  TRIES,
} from './dump-exchange.ts'
import { createInterfaces, type Interfaces } from './dump-interfaces.ts'
import { AF_INET, AF_INET6, AT, readRow, TCP_STATE_MASK, UDP_STATE_MASK } from './inet-diag.ts'
import { type DumpFamily, dumpRequest } from './inet-diag-requests.ts'
import { createPacketList, type PacketList } from './packet-diag.ts'

export const NETLINK_SOCK_DIAG = 4

export interface DumpOptions {
  /** Masks of kernel state numbers; default all that are told as rows. 0 leaves a protocol out. */
  readonly states?: { readonly tcp: number; readonly udp: number }
  /** Byte counts with every TCP row, which makes the kernel's part a quarter dearer; for a few sockets `info` is better. */
  readonly bytes?: boolean
  /** Asked for each socket before anything else of it is read, twice where a part is told again: true passes it over. */
  readonly isKnown?: (cookieLow: number, cookieHigh: number) => boolean
}

export interface DumpResult {
  /** Every part came to its end undisturbed; else absence from the rows proves nothing. */
  readonly complete: boolean
  /** Of whole parts only. */
  readonly rows: readonly DiagRow[]
  /** How many sockets were passed over. */
  readonly known: number
  /** Messages that were not understood. */
  readonly skipped: number
  /** Why it is not complete; `refused` comes with the name of what the kernel said. */
  readonly failure: { readonly reason: DumpFailure; readonly errno: string | null } | null
}

export type DumpFailure = Exclude<ExchangeEnd['kind'], 'done'>

export interface SockDiag {
  /** All TCP and UDP sockets, IPv4 and IPv6. A part that was disturbed is asked again, three times at most. */
  dump(options?: DumpOptions): DumpResult
  /** One TCP socket as it is now, with its byte counts; null when it is gone. No list is walked for it. */
  info(row: DiagRow): DiagRow | null
  readonly packets: PacketList
  /** Can be repeated; every question is refused afterwards. */
  close(): void
}

export interface SockDiagDeps {
  /** Of protocol NETLINK_SOCK_DIAG, made in the namespace to be listed; `close` closes it. */
  readonly socket: NetlinkSocket
  /** Asks for the name of an interface of that namespace. */
  readonly interfaceName: (index: number) => string | null
}

/** Far more than processes can have; a list beyond it is nobody's honest work. */
const MAX_ROWS = 500_000
/** What kernels, and what stands in for one, say to a request that they do not know. */
const UNKNOWN_REQUEST: readonly string[] = ['ENOENT', 'EINVAL', 'EOPNOTSUPP', 'ENOTSUP']

export function createSockDiag({ socket, interfaceName }: SockDiagDeps): SockDiag {
  const exchange = createExchange(socket)
  const interfaces = createInterfaces(interfaceName)
  let bothAtOnce = true
  return {
    dump(options = {}) {
      const { tcp, udp } = options.states ?? { tcp: TCP_STATE_MASK, udp: UDP_STATE_MASK }
      const listing = new Listing(exchange, interfaces, options)
      interfaces.forget()
      if (tcp !== 0 && bothAtOnce) {
        const end = listing.take('tcp', 'both', tcp)
        bothAtOnce = !(end.kind === 'refused' && UNKNOWN_REQUEST.includes(end.errno))
        if (bothAtOnce) listing.note(end)
      }
      if (tcp !== 0 && !bothAtOnce) listing.takeBoth('tcp', tcp)
      if (udp !== 0) listing.takeBoth('udp', udp)
      return listing.result()
    },
    info: createExactLookup(exchange, interfaces),
    packets: createPacketList(exchange),
    close: () => exchange.close(),
  }
}

/** What has been gathered for one result. */
class Listing {
  readonly #exchange: Exchange
  readonly #interfaces: Interfaces
  readonly #options: DumpOptions
  readonly #rows: DiagRow[] = []
  #known = 0
  #skipped = 0
  #failure: DumpResult['failure'] = null

  constructor(exchange: Exchange, interfaces: Interfaces, options: DumpOptions) {
    this.#exchange = exchange
    this.#interfaces = interfaces
    this.#options = options
  }

  takeBoth(protocol: Protocol, states: number): void {
    this.note(this.take(protocol, AF_INET, states))
    this.note(this.take(protocol, AF_INET6, states))
  }

  /** One part, again where that may help; rows of a part that failed are thrown away. */
  take(protocol: Protocol, family: DumpFamily, states: number): ExchangeEnd {
    const info = this.#options.bytes === true && protocol === 'tcp'
    const request = dumpRequest({ family, protocol, states, info })
    const before = { rows: this.#rows.length, known: this.#known }
    for (let tries = 1; ; tries += 1) {
      const end = this.#exchange.ask(request, 'list', (view, start, end) =>
        this.#visit(view, start, end, protocol),
      )
      if (end.kind === 'done') return end
      this.#rows.length = before.rows
      this.#known = before.known
      if (tries === TRIES || !mayHelpToRepeat(end)) return end
    }
  }

  #visit(view: DataView, start: number, end: number, protocol: Protocol): boolean {
    const { isKnown } = this.#options
    if (
      isKnown !== undefined &&
      end - start >= AT.attributes &&
      isKnown(
        view.getUint32(start + AT.cookieLow, true),
        view.getUint32(start + AT.cookieHigh, true),
      )
    ) {
      this.#known += 1
      return true
    }
    const row = readRow(view, start, end, protocol, this.#interfaces.name)
    if (row === 'malformed') this.#skipped += 1
    else if (row !== 'ignored') this.#rows.push(row)
    return this.#rows.length < MAX_ROWS
  }

  note(end: ExchangeEnd): void {
    if (end.kind === 'done' || this.#failure !== null) return
    this.#failure = { reason: end.kind, errno: end.kind === 'refused' ? end.errno : null }
  }

  result(): DumpResult {
    const [rows, known, skipped, failure] = [this.#rows, this.#known, this.#skipped, this.#failure]
    return { complete: failure === null, rows, known, skipped, failure }
  }
}
