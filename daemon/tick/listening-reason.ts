/** Why an entry at whose address somebody listens has no running copy of its own. Pure. */
import type { Instance } from '../../shared/model/attribution.ts'
import type { NotObservedReason } from '../../shared/model/tick.ts'
import type { Answer } from './listening-answer.ts'

/** Null where nobody listens, and where the copy that runs is all there is to say. */
export function whyUnnamed(
  answer: Answer,
  isRunning: boolean,
  instances: readonly Instance[],
): NotObservedReason | null {
  switch (answer.kind) {
    case 'nobody':
    case 'sought':
      return null
    case 'hidden':
      // Also of one that runs: by now its client may be talking to the other program.
      return answer.reason === 'listener-not-told' || !isRunning ? answer.reason : null
    case 'process':
      return !isRunning && instances.some((each) => hasMember(each, answer.pid))
        ? 'other-entry'
        : null
    case 'container':
      return !isRunning && instances.some(({ container }) => isIn(container?.id, answer.id))
        ? 'other-entry'
        : null
  }
}

function hasMember({ members }: Instance, pid: number): boolean {
  return members.some(({ process }) => process.pid === pid)
}

/** Of an instance 12 digits of the number are known. */
function isIn(short: string | undefined, id: string): boolean {
  return short !== undefined && id.startsWith(short)
}
