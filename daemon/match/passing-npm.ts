/** npm at work on something that is nobody's server. Pure. */
import type { EpochMs } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import { isTitleOfSize } from './argument-size.ts'

/** `npm view` and the like end within seconds; `npm exec` has started its program by then. */
const PASSES_WITHIN_MS = 60_000

/**
 * npm calls itself after what it does, and clients run `npm view x`, or a server that no file declares: the size of its
 * arguments says nothing. Anybody can call himself so; hence what goes on under such a title is believed no more, and
 * one whose own command line would have another size never is.
 */
export function isPassingNpm(process: Process, now: EpochMs): boolean {
  const { argvForm, argv, startedAt } = process
  if (argvForm !== 'rewritten' || argv[0]?.startsWith('npm ') !== true) return false
  return now - startedAt < PASSES_WITHIN_MS && isTitleOfSize(process)
}
