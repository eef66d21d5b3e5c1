/** Whose socket it is, among all that hold it. */
import type { Instance, Member } from '../../shared/model/attribution.ts'
import type { Owner } from '../../shared/model/connection.ts'
import type { InstanceId, ProcessKey } from '../../shared/model/ids.ts'
import type { Holder } from '../../shared/model/observation.ts'
import type { ProcessTable } from '../../shared/model/process.ts'

/** One instance that holds a socket, through its outermost member. */
export interface Ownership {
  readonly instance: InstanceId
  readonly owner: Owner
  /** A process above the instance holds it too, or did. */
  readonly inherited: boolean
}

export interface OwnerIndex {
  /** Empty when no member of an instance holds it. `earlier`: who held it in samples before. */
  ownersOf(holders: readonly Holder[], earlier?: Iterable<ProcessKey>): readonly Ownership[]
}

interface Place {
  readonly instance: Instance
  readonly member: Member
  readonly depth: number
}

const MAX_DEPTH = 64

/** Members by process, with their distance from the root; built once a tick. */
export function indexOwners(instances: readonly Instance[], table: ProcessTable): OwnerIndex {
  const places = new Map<string, Place>()
  for (const instance of instances) {
    for (const place of placesOf(instance)) places.set(samePid(place.member.process.key), place)
  }
  const above = new Map(
    instances.map((i) => [i.id, new Set(i.ancestors.map((a) => samePid(a.key)))]),
  )
  return {
    ownersOf: (holders, earlier = []) => {
      const held = holders.map((holder) => samePid(holder.process))
      const everHeld = [...held, ...[...earlier].map(samePid)]
      const outermost = outermostPlaces(held.flatMap((key) => places.get(key) ?? []))
      const roots = new Set(outermost.map((place) => place.instance.rootPid))
      return outermost
        .filter((place) => !hasRootAbove(place.instance, roots, table))
        .map((place) => ({
          instance: place.instance.id,
          owner: ownerOf(place.member),
          inherited: everHeld.some((key) => above.get(place.instance.id)?.has(key) === true),
        }))
    },
  }
}

export function ownerOf(member: Member): Owner {
  const { key, pid, executable } = member.process
  return { process: key, pid, role: member.role, executable }
}

/** A descriptor survives exec, so who holds it is compared without the exec epoch, the last part of the key. */
function samePid(key: ProcessKey): string {
  return key.slice(0, key.lastIndexOf(':'))
}

function placesOf(instance: Instance): readonly Place[] {
  const byPid = new Map(instance.members.map((member) => [member.process.pid, member]))
  return instance.members.map((member) => {
    let depth = 0
    let pid = member.process.pid
    while (pid !== instance.rootPid && depth < MAX_DEPTH) {
      const parent = byPid.get(byPid.get(pid)?.process.ppid ?? 0)
      // Reparented after its parent died: below all that still hang together.
      if (parent === undefined) {
        depth += MAX_DEPTH
        break
      }
      pid = parent.process.pid
      depth += 1
    }
    return { instance, member, depth }
  })
}

/** One place an instance: nearest to its root, the older one among equals. */
function outermostPlaces(places: readonly Place[]): readonly Place[] {
  const best = new Map<InstanceId, Place>()
  for (const place of places) {
    const known = best.get(place.instance.id)
    if (known === undefined || isOuter(place, known)) best.set(place.instance.id, place)
  }
  return [...best.values()]
}

function isOuter(a: Place, b: Place): boolean {
  if (a.depth !== b.depth) return a.depth < b.depth
  const [left, right] = [a.member.process, b.member.process]
  return left.startTicks !== right.startTicks
    ? left.startTicks < right.startTicks
    : left.pid < right.pid
}

/** Whether another of the holding instances started this one: then the socket is that one's. */
function hasRootAbove(
  instance: Instance,
  roots: ReadonlySet<number>,
  table: ProcessTable,
): boolean {
  if (roots.size < 2) return false
  let pid = table.processes.get(instance.rootPid)?.ppid ?? 0
  for (let depth = 0; depth < MAX_DEPTH && pid > 1; depth += 1) {
    if (roots.has(pid)) return true
    pid = table.processes.get(pid)?.ppid ?? 0
  }
  return false
}
