/** Whether the program makes of a case what is expected. */
import type { CorpusCase } from './case.ts'
import { pictureOf } from './picture.ts'
import { replay } from './replay.ts'
import { type Difference, judgeReplay } from './verdict.ts'

export interface Outcome {
  /** What is not as expected, and not excused by `missed`. */
  readonly faults: readonly string[]
  /** How many of the expected instances were found. */
  readonly found: number
  /** The processes with what they were taken for. */
  readonly picture: string
}

export function checkCase(one: CorpusCase): Outcome {
  const replayed = replay(one)
  const { differences, found } = judgeReplay(one, replayed)
  const isMissed = one.missed !== undefined
  const isFault = ({ kind }: Difference): boolean => !isMissed || kind !== 'less'
  const faults = differences.filter(isFault).map(({ text }) => text)
  if (isMissed && differences.every(isFault)) faults.push('nothing of it is missed any more')
  return { faults, found, picture: pictureOf(one, replayed) }
}
