/** Questions to the user's own resolver, as resolv.conf names it at that moment. */
import { Resolver } from 'node:dns/promises'

export interface AddressRecord {
  readonly address: string
  /** Seconds. */
  readonly ttl: number
}

export interface HostResolver {
  /** One question. Empty: the name or that kind of address does not exist. Rejects when nobody said. */
  ask(host: string, family: 4 | 6): Promise<readonly AddressRecord[]>
  /** Ends what is under way; nothing is asked afterwards. */
  stop(): void
}

/** The whole question takes at most about three times as long: c-ares doubles it for the second try. */
const TIMEOUT_MS = 2_000
const TRIES = 2
/** NXDOMAIN and NODATA are answers (RFC 2308). */
const NOTHING: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA'])

/**
 * A question has a resolver of its own, because one reads resolv.conf only when it is made, and a laptop changes its
 * network. CNAME chains are followed by the nameserver; a short answer over UDP is asked for again over TCP by c-ares.
 * `servers` (`address:port`) is for tests.
 */
export function createHostResolver(servers: readonly string[] = []): HostResolver {
  const active = new Set<Resolver>()
  let isStopped = false
  return {
    ask: async (host, family) => {
      if (isStopped) throw new Error('stopped')
      const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES })
      if (servers.length > 0) resolver.setServers(servers)
      active.add(resolver)
      try {
        return family === 4
          ? await resolver.resolve4(host, { ttl: true })
          : await resolver.resolve6(host, { ttl: true })
      } catch (error) {
        if (error instanceof Error && 'code' in error && NOTHING.has(error.code)) return []
        throw error
      } finally {
        active.delete(resolver)
      }
    },
    stop: () => {
      isStopped = true
      for (const resolver of active) resolver.cancel()
    },
  }
}
