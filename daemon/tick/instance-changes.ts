/** What changed among the instances between two ticks. Pure. */
import type { Instance } from '../../shared/model/attribution.ts'
import type { InstanceId } from '../../shared/model/ids.ts'

/** The instances of the last tick with their `fingerprint`; before the first one, those that an earlier run left. */
export interface ToldInstances {
  readonly instances: readonly Instance[] | null
  readonly fingerprints: ReadonlyMap<InstanceId, string>
}

export interface InstanceChanges {
  readonly changed: readonly Instance[]
  readonly ended: readonly InstanceId[]
  readonly told: ToldInstances
}

export function instanceChanges(
  told: ToldInstances,
  instances: readonly Instance[],
): InstanceChanges {
  if (told.instances === instances) return { changed: [], ended: [], told }
  const before = told.fingerprints
  const fingerprints = new Map(instances.map((each) => [each.id, fingerprint(each)]))
  return {
    changed: instances.filter(({ id }) => before.get(id) !== fingerprints.get(id)),
    ended: [...before.keys()].filter((id) => !fingerprints.has(id)),
    told: { instances, fingerprints },
  }
}

/** Everything of an instance that is stored; its members come and go without a word. */
export function fingerprint(instance: Instance): string {
  const { serverIds, client, quality, reasons, judged, orphaned, binary } = instance
  const what = instance.package
  return JSON.stringify([serverIds, client?.pid, quality, reasons, judged, orphaned, what, binary])
}
