/** Facts about this host that judging needs. */
/** An address and port that something configured resolves to now. */
export interface ResolvedEndpoint {
  readonly host: string
  readonly address: string
  readonly port: number
}

/** What a package manager said when asked for its registry and proxy; `unknown` when it cannot be asked or did not answer. */
export type RegistryAnswer =
  | { readonly kind: 'known'; readonly endpoints: readonly ResolvedEndpoint[] }
  | { readonly kind: 'pending' }
  | { readonly kind: 'unknown' }

export interface HostFacts {
  /** Canonical addresses of this host's own interfaces. */
  readonly selfAddresses: ReadonlySet<string>
  /** The name of the interface that has it; of an address that several have, of one of them. */
  readonly interfaces?: ReadonlyMap<string, string>
  /** Nameservers of resolv.conf. */
  readonly nameservers: ReadonlySet<string>
  /** Loopback ports of the system's proxy, from the daemon's own proxy variables. */
  readonly proxyPorts: ReadonlySet<number>
}
