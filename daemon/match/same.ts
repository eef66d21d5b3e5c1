/** Whether an instance is as it was, so that nobody has to look at it again. */
import type { Instance } from '../../shared/model/attribution.ts'

/** The one from before where nothing differs: the same object tells so at a glance. */
export function keepSame(before: Instance | undefined, now: Instance): Instance {
  return before !== undefined && isSame(before, now) ? before : now
}

function isSame(a: Instance, b: Instance): boolean {
  return (
    a.root === b.root &&
    a.rootPid === b.rootPid &&
    a.startedAt === b.startedAt &&
    a.quality === b.quality &&
    a.judged === b.judged &&
    a.orphaned === b.orphaned &&
    a.binary === b.binary &&
    a.client?.process === b.client?.process &&
    a.client?.id === b.client?.id &&
    a.package?.ecosystem === b.package?.ecosystem &&
    a.package?.name === b.package?.name &&
    a.package?.version === b.package?.version &&
    isEqual(a.serverIds, b.serverIds) &&
    (a.unconfigured === undefined) === (b.unconfigured === undefined) &&
    a.container?.id === b.container?.id &&
    a.container?.name === b.container?.name &&
    isEqual(a.reasons, b.reasons) &&
    isEqual(a.ancestors, b.ancestors) &&
    a.members.length === b.members.length &&
    a.members.every(({ process, role }, index) => {
      const other = b.members[index]
      return other?.process === process && other.role === role
    })
  )
}

function isEqual<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index])
}
