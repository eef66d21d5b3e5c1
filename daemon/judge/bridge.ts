/**
 * Bridges such as mcp-remote: what they may do follows from the address that their own entry names. They are known to
 * go anywhere, but each copy is told where.
 */
import { canonicalAddress } from '../../shared/address/canonical.ts'
import { scopeOf } from '../../shared/address/scope.ts'
import { addressesHere } from '../../shared/address/this-machine.ts'
import type { KnownServer } from '../../shared/catalogue/known-server.ts'
import type { Connection } from '../../shared/model/connection.ts'
import type { Scope } from '../../shared/model/judgement.ts'
import type { HostRule } from '../../shared/model/policy.ts'
import type { Endpoint } from '../../shared/model/server.ts'
import type { ServerRecord } from '../../shared/model/tick.ts'
import { parseHostRule } from '../../shared/policy/host-rule.ts'

type Held = Pick<
  ServerRecord,
  'expectation' | 'expectationSource' | 'rules' | 'children' | 'setByUser'
>

const HTTPS_PORT = 443

/**
 * Null where the entry names no host, or what is known of the program allows less: then that counts. What it starts is
 * as free as it is known to be, for a bridge opens the browser for its user to sign in. `selfAddresses`: see `HostFacts`.
 */
export function heldToEntry(
  endpoints: readonly Endpoint[],
  known: KnownServer | null,
  selfAddresses: ReadonlySet<string>,
): Held | null {
  const isKnownClosely = known?.expectation === 'local-only' || known?.expectation === 'rules'
  if (endpoints.length === 0 || isKnownClosely) return null
  const rules: HostRule[] = []
  for (const endpoint of endpoints) {
    if (addressesHere(endpoint.host, selfAddresses) !== null) continue
    // Any project's file can name it: only its user's own policy may let a server ask there.
    if (isMetadata(endpoint.host)) continue
    const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host
    const reading = parseHostRule(`${host}:${endpoint.port}`)
    if (!reading.ok) return null
    rules.push(reading.value)
  }
  return {
    expectation: rules.length === 0 ? 'local-only' : 'rules',
    expectationSource: 'configuration',
    rules,
    children: known?.children ?? 'same',
    setByUser: false,
  }
}

function isMetadata(host: string): boolean {
  const address = canonicalAddress(host)?.address
  return address !== undefined && scopeOf(address, NO_ADDRESSES) === 'metadata'
}

const NO_ADDRESSES: ReadonlySet<string> = new Set()

/**
 * Whether it may be where the bridge has its user sign in (OAuth 2.1, as the protocol's authorization has it). The
 * remote server names that service only when it is asked, so it is in no configuration; it is spoken to over HTTPS. Such
 * a connection is a question to the user. Any other port, and any address that is no public one, is no sign-in service.
 */
export function maybeSignIn({ protocol, remote, direction }: Connection, scope: Scope): boolean {
  return (
    direction === 'outbound' &&
    protocol === 'tcp' &&
    remote.port === HTTPS_PORT &&
    scope === 'public'
  )
}
