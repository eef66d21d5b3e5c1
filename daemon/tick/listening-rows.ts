/** Which sockets listen at the places, remembered: they are listed twice a second, and are nearly always the same. */
import type { SocketRow } from '../../shared/model/observation.ts'
import { assumedListener } from './assumed-listener.ts'
import { isListener, listenersAt, type Place } from './listening-places.ts'
import { keyOf } from './listening-search.ts'

export interface PlaceRows {
  /** `listed`: null where nobody lists them, and one is assumed at each place. True when there are others than before. */
  read(places: readonly Place[], listed: readonly SocketRow[] | null): boolean
  current(): ReadonlyMap<Place, readonly SocketRow[]>
  all(): readonly SocketRow[]
}

export function createPlaceRows(): PlaceRows {
  let known: readonly Place[] = []
  let ports: ReadonlySet<number> = new Set()
  let stamp: string | null = null
  let current: ReadonlyMap<Place, readonly SocketRow[]> = new Map()
  let all: readonly SocketRow[] = []
  return {
    read(places, listed) {
      const isMoved = places !== known
      if (isMoved) ports = new Set(places.map(({ port }) => port))
      const there = listed?.filter((row) => isListener(row) && ports.has(row.local.port)) ?? null
      const now = there?.map(stampOf).join('\n') ?? 'assumed'
      if (!isMoved && now === stamp) return false
      known = places
      stamp = now
      current = there === null ? assumedAt(places) : listedAt(places, there)
      all = [...current.values()].flat()
      return true
    },
    current: () => current,
    all: () => all,
  }
}

/** By port first: there may be hundreds of places, and as many listeners. */
function listedAt(
  places: readonly Place[],
  rows: readonly SocketRow[],
): ReadonlyMap<Place, readonly SocketRow[]> {
  const byPort = new Map<number, SocketRow[]>()
  for (const row of rows) {
    const others = byPort.get(row.local.port)
    if (others === undefined) byPort.set(row.local.port, [row])
    else others.push(row)
  }
  return new Map(places.map((place) => [place, listenersAt(place, byPort.get(place.port) ?? [])]))
}

function assumedAt(places: readonly Place[]): ReadonlyMap<Place, readonly SocketRow[]> {
  return new Map(
    places.map((place) => {
      const { addresses, port } = place
      const address = addresses[0] ?? '127.0.0.1'
      return [place, [assumedListener('tcp', { address, port, zone: null })]]
    }),
  )
}

function stampOf(row: SocketRow): string {
  const { address, port, zone } = row.local
  return `${keyOf(row)} ${address} ${port} ${zone}`
}
