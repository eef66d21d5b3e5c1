/** The remote servers that running clients may talk to, by the ports to look for. Pure. */
import { canonicalAddress } from '../../shared/address/canonical.ts'
import { addressesHere } from '../../shared/address/this-machine.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { Server } from '../../shared/model/server.ts'

export interface Target {
  readonly serverId: ServerId
  /** The client whose file declares it: only its connections count. */
  readonly client: string
  readonly port: number
  /** As a name, in lower case; null where the entry has an address. */
  readonly host: string | null
  /** Canonical; null where the entry has a name. */
  readonly address: string | null
}

/**
 * What the entry leads to; null for one on this machine, one that is switched off, and what is no remote server.
 * `selfAddresses`: see `HostFacts`.
 */
export function targetOf(server: Server, selfAddresses: ReadonlySet<string>): Target | null {
  const { endpoint, transport, disabled, id, client } = server
  if (endpoint === null || transport === 'stdio' || disabled) return null
  if (addressesHere(endpoint.host, selfAddresses) !== null) return null
  const address = canonicalAddress(endpoint.host)?.address ?? null
  const host = address === null ? endpoint.host.toLowerCase().replace(/\.$/, '') : null
  return { serverId: id, client, port: endpoint.port, host, address }
}

export interface Targets {
  /** Of every remote entry, whether its client runs or not. */
  readonly all: readonly Target[]
  /** Ids of the clients with such an entry. */
  readonly clients: ReadonlySet<string>
  /** Names of all of them. */
  readonly hosts: ReadonlySet<string>
}

export const NO_TARGETS: Targets = { all: [], clients: new Set(), hosts: new Set() }

export function targetsOf(servers: readonly Server[], selfAddresses: ReadonlySet<string>): Targets {
  const all = servers.flatMap((server) => targetOf(server, selfAddresses) ?? [])
  if (all.length === 0) return NO_TARGETS
  return {
    all,
    clients: new Set(all.map(({ client }) => client)),
    hosts: new Set(all.flatMap(({ host }) => host ?? [])),
  }
}
