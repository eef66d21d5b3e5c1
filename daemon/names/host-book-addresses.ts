/** Which address was given for which host, both ways round, for a while. */
import type { HostName } from '../ports.ts'

/** A moment on both clocks: one can jump, the other may stop while the machine sleeps. */
export interface Moment {
  readonly wall: number
  readonly monotonic: number
}

/** The longer of what both clocks say. */
export function since(then: Moment, now: Moment): number {
  return Math.max(now.wall - then.wall, now.monotonic - then.monotonic)
}

interface Sighting {
  readonly at: Moment
  readonly keepMs: number
}

export interface Addresses {
  /** Replaces nothing: what was given before stays until its time is over. True when one of them is new. */
  add(host: string, addresses: readonly string[], keepMs: number, now: Moment): boolean
  namesOf(address: string, now: Moment, isPublic: (address: string) => boolean): readonly HostName[]
  forget(host: string): void
  /** Drops what is over; returns how many hosts still have an address. */
  sweep(now: Moment): number
  has(host: string): boolean
}

/** At most `mostPerHost` addresses a host, the latest given. */
export function createAddresses(mostPerHost: number): Addresses {
  const byHost = new Map<string, Map<string, Sighting>>()
  const byAddress = new Map<string, Set<string>>()

  const drop = (host: string, address: string): void => {
    const known = byHost.get(host)
    known?.delete(address)
    if (known?.size === 0) byHost.delete(host)
    const hosts = byAddress.get(address)
    hosts?.delete(host)
    if (hosts?.size === 0) byAddress.delete(address)
  }
  const put = (host: string, address: string, sighting: Sighting): void => {
    const known = byHost.get(host) ?? new Map<string, Sighting>()
    byHost.set(host, known)
    // Again at the end: the first in the map is the one given longest ago.
    known.delete(address)
    known.set(address, sighting)
    byAddress.set(address, (byAddress.get(address) ?? new Set()).add(host))
  }
  const isOver = ({ at, keepMs }: Sighting, now: Moment): boolean => since(at, now) > keepMs

  return {
    add: (host, addresses, keepMs, now) => {
      const before = byHost.get(host)
      const given = addresses.slice(0, mostPerHost)
      const isNew = given.some((address) => before?.has(address) !== true)
      for (const address of given) put(host, address, { at: now, keepMs })
      const known = byHost.get(host)
      for (const oldest of known?.keys() ?? []) {
        if ((known?.size ?? 0) <= mostPerHost) break
        drop(host, oldest)
      }
      return isNew
    },
    namesOf: (address, now, isPublic) => {
      const found = [...(byAddress.get(address) ?? [])].flatMap((host) => {
        const sighting = byHost.get(host)?.get(address)
        return sighting === undefined || isOver(sighting, now) ? [] : [{ host, sighting }]
      })
      return found.map(({ host, sighting }) => ({
        host,
        at: sighting.at.wall,
        shared: found.length > 1,
        isPublic: isPublic(address),
      }))
    },
    forget: (host) => {
      for (const address of byHost.get(host)?.keys() ?? []) drop(host, address)
    },
    sweep: (now) => {
      for (const [host, known] of byHost) {
        for (const [address, sighting] of known) if (isOver(sighting, now)) drop(host, address)
      }
      return byHost.size
    },
    has: (host) => byHost.has(host),
  }
}
