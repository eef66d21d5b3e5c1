/** What changed among the instances between two ticks. Pure. */
import type { Instance } from '../../shared/model/attribution.ts'
import type { InstanceId } from '../../shared/model/ids.ts'

export interface InstanceChanges {
  readonly changed: readonly Instance[]
  readonly ended: readonly InstanceId[]
}

/** `before` maps each instance to its `fingerprint` of the last tick. */
export function instanceChanges(
  before: ReadonlyMap<InstanceId, string>,
  instances: readonly Instance[],
): InstanceChanges {
  const now = new Set(instances.map(({ id }) => id))
  return {
    changed: instances.filter((instance) => before.get(instance.id) !== fingerprint(instance)),
    ended: [...before.keys()].filter((id) => !now.has(id)),
  }
}

export function fingerprints(instances: readonly Instance[]): ReadonlyMap<InstanceId, string> {
  return new Map(instances.map((instance) => [instance.id, fingerprint(instance)]))
}

/** Everything of an instance that is stored; its members come and go without a word. */
export function fingerprint(instance: Instance): string {
  const { serverIds, client, quality, reasons, judged, orphaned, binary } = instance
  const what = instance.package
  return JSON.stringify([serverIds, client?.pid, quality, reasons, judged, orphaned, what, binary])
}
