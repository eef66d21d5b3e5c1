/** Other uses of npm than running a server. Pure. */
import type { EpochMs } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'

/** `npm install` may take as long; `npm view` and the like end within seconds. */
const PASSES_WITHIN_MS = 60_000

/**
 * npm calls itself after what it does, and editors run `npm view x` by themselves: the size of such arguments says
 * nothing. Anybody can call himself so; hence what lives on under such a title is believed no more.
 */
export function isPassingNpm({ argvForm, argv, startedAt }: Process, now: EpochMs): boolean {
  if (argvForm !== 'rewritten' || !/^npm (?!exec |x )/.test(argv[0] ?? '')) return false
  return now - startedAt < PASSES_WITHIN_MS
}
