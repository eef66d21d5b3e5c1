/** Addresses behind a few hosts, looked up again while they are asked for. */

import { isIP } from 'node:net'
import { canonicalAddress } from '../../shared/address/canonical.ts'
import { forgetOldest } from '../../shared/forget-oldest.ts'
import type { ResolvedEndpoint } from '../../shared/model/host.ts'
import type { Target } from './npm-settings.ts'

export type Lookup = (host: string) => Promise<readonly { readonly address: string }[]>

/** A content network answers with other addresses every few minutes, and connections to the earlier ones go on. */
const KEEP_MS = 10 * 60_000
const MAX_ADDRESSES = 256

export interface AddressBook {
  /** Looks all hosts up; false when a registry could not be, and no proxy stands in for it. Never rejects. */
  refresh(nowMs: number): Promise<boolean>
  endpoints(nowMs: number): readonly ResolvedEndpoint[]
}

/** Times are monotonic milliseconds. */
export function createAddressBook(targets: readonly Target[], lookup: Lookup): AddressBook {
  const seen = new Map<string, { endpoint: ResolvedEndpoint; at: number }>()
  const add = ({ host, port }: Target, text: string, at: number): void => {
    const address = canonicalAddress(text)?.address
    if (address === undefined) return
    const key = `${address} ${port}`
    seen.delete(key)
    seen.set(key, { endpoint: { host, address, port }, at })
    forgetOldest(seen, MAX_ADDRESSES)
  }
  const find = async (target: Target, at: number): Promise<boolean> => {
    if (isIP(target.host) !== 0) add(target, target.host, at)
    else {
      try {
        for (const { address } of await lookup(target.host)) add(target, address, at)
      } catch {
        return false
      }
    }
    return true
  }
  return {
    refresh: async (nowMs) => {
      const found = await Promise.all(targets.map((target) => find(target, nowMs)))
      const isMissing = targets.some(({ kind }, i) => kind === 'registry' && found[i] !== true)
      // Behind a proxy the registry's name often means nothing to the local resolver.
      return !isMissing || targets.some(({ kind }, i) => kind === 'proxy' && found[i] === true)
    },
    endpoints: (nowMs) =>
      [...seen.values()].filter(({ at }) => nowMs - at <= KEEP_MS).map(({ endpoint }) => endpoint),
  }
}
