/** Which of this machine's addresses a configured host leads to. Pure. */
import { canonicalAddress } from './canonical.ts'
import { scopeOf } from './scope.ts'

/** RFC 6761, 6.3: names below `localhost` are loopback too. */
const LOCALHOST = /^(?:.+\.)?localhost\.?$/i

/**
 * The addresses that a connection to `host` arrives at, canonical; null where it leads elsewhere, or nobody can tell
 * without asking for the name. Connecting to the unspecified address reaches loopback (ip(7), connect(2)).
 */
export function addressesHere(
  host: string,
  selfAddresses: ReadonlySet<string>,
): readonly string[] | null {
  if (LOCALHOST.test(host)) return ['127.0.0.1', '::1']
  const address = canonicalAddress(host)?.address
  if (address === undefined) return null
  switch (scopeOf(address, selfAddresses)) {
    case 'loopback':
    case 'self':
      return [address]
    case 'unspecified':
      return address === '::' ? ['::1'] : ['127.0.0.1']
    case 'link-local':
    case 'metadata':
    case 'private':
    case 'unique-local':
    case 'cgnat':
    case 'multicast':
    case 'public':
      return null
  }
}
