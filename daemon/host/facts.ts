/** This host's own addresses, nameservers and proxy: read again only when they may have changed. */
import { readFileSync, statSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { canonicalAddress } from '../../shared/address/canonical.ts'
import type { HostFacts } from '../../shared/model/host.ts'
import type { Clock, HostFactsSource } from '../ports.ts'

const REFRESH_MS = 5_000

export interface HostFactsOptions {
  readonly clock: Clock
  readonly resolvConf: string
  /** The daemon's own environment: only the host and port of its proxy variables are looked at. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * The addresses are the same object while none comes or goes. Interfaces are listed at most every five seconds; resolv.conf
 * (resolv.conf(5)) is re-read when its stat changed.
 */
export function createHostFacts(options: HostFactsOptions): HostFactsSource {
  const proxyPorts = loopbackProxyPorts(options.env)
  let facts: HostFacts | null = null
  let readAt = 0
  let resolvStamp = ''
  let nameservers: ReadonlySet<string> = new Set()
  return {
    current() {
      const now = options.clock.monotonicMs()
      if (facts !== null && now - readAt < REFRESH_MS) return facts
      readAt = now
      const stamp = stampOf(options.resolvConf)
      if (stamp !== resolvStamp) {
        resolvStamp = stamp
        nameservers = parseNameservers(readText(options.resolvConf))
      }
      const interfaces = ownInterfaces()
      facts =
        facts !== null && isSame(facts.interfaces, interfaces)
          ? { ...facts, nameservers }
          : { selfAddresses: new Set(interfaces.keys()), interfaces, nameservers, proxyPorts }
      return facts
    },
  }
}

/** The `nameserver` lines, canonical; anything else is passed over. */
export function parseNameservers(text: string): ReadonlySet<string> {
  const found = new Set<string>()
  for (const line of text.split('\n')) {
    const match = /^\s*nameserver\s+(\S+)/.exec(line)
    const parsed = match?.[1] === undefined ? null : canonicalAddress(match[1])
    if (parsed !== null) found.add(parsed.address)
  }
  return found
}

/** Ports of proxies on loopback in `http_proxy`, `https_proxy` and `all_proxy`, upper or lower case. */
export function loopbackProxyPorts(
  env: Readonly<Record<string, string | undefined>>,
): ReadonlySet<number> {
  const ports = new Set<number>()
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || !/^(https?|all)_proxy$/i.test(name)) continue
    const text = value.includes('://') ? value : `http://${value}`
    if (!URL.canParse(text)) continue
    const url = new URL(text)
    if (!/^(localhost|127\..*|\[::1\])$/.test(url.hostname)) continue
    ports.add(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port))
  }
  return ports
}

function ownInterfaces(): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const { address } of addresses ?? []) {
      const parsed = canonicalAddress(address)
      if (parsed !== null) found.set(parsed.address, name)
    }
  }
  return found
}

function isSame(
  known: ReadonlyMap<string, string> | undefined,
  now: ReadonlyMap<string, string>,
): boolean {
  return known?.size === now.size && [...now].every(([at, name]) => known.get(at) === name)
}

function stampOf(path: string): string {
  try {
    const stat = statSync(path)
    return `${stat.mtimeMs}:${stat.size}:${stat.ino}`
  } catch {
    return 'missing'
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
