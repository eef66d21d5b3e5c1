/** What several engines tell → one `Containers`, the same object while nothing changed. Pure. */
import type { Container, ContainerEngineState, Containers } from '../../shared/model/container.ts'

export interface Source {
  readonly state: ContainerEngineState | null
  readonly held: Iterable<{ readonly container: Container; readonly joins: string | null }>
}

/**
 * A container that two sources tell of is that of the one that knows its process, else of the first. A network that
 * another container uses too is shared, however the one that has it was made.
 */
export function mergeContainers(before: Containers, sources: readonly Source[]): Containers {
  const byId = new Map<string, Container>()
  const joined = new Set<string>()
  for (const { container, joins } of sources.flatMap(({ held }) => [...held])) {
    if (joins !== null) joined.add(joins)
    const known = byId.get(container.id)
    if (known === undefined || (known.pid === null && container.pid !== null))
      byId.set(container.id, container)
  }
  const shared = new Map(
    before.all.flatMap((each) => (each.network === 'shared' ? [[each.id, each] as const] : [])),
  )
  const all = [...byId.values()]
    .map((each) => (isJoined(each, joined) ? asShared(each, shared.get(each.id)) : each))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const engines = sources.flatMap(({ state }) => state ?? [])
  const sameAll = all.length === before.all.length && all.every((each, i) => each === before.all[i])
  const sameEngines = JSON.stringify(engines) === JSON.stringify(before.engines)
  if (sameAll && sameEngines) return before
  return {
    all: sameAll ? before.all : all,
    engines: sameEngines ? before.engines : engines,
  }
}

function isJoined({ id, name, network }: Container, joined: ReadonlySet<string>): boolean {
  return network !== 'shared' && (joined.has(id) || joined.has(name))
}

/** The one made the last time, if it is of the same container. */
function asShared(container: Container, before: Container | undefined): Container {
  if (before === undefined) return { ...container, network: 'shared' }
  const { network: _network, ...rest } = container
  const isSame = Object.entries(rest).every(
    ([field, value]) => before[field as keyof Container] === value,
  )
  return isSame ? before : { ...container, network: 'shared' }
}
