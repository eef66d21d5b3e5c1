/** A file in the service's place that this program did not write is somebody's work: it is left as it is. */
import { McpWatchError } from '../../shared/errors.ts'
import { parseRecord } from '../../shared/service/record.ts'
import { shellWord } from '../../shared/text/shell-word.ts'
import type { ServiceFacts } from './facts.ts'
import type { Manager } from './manager.ts'
import { again } from './show.ts'

/**
 * `text` is that of the installed file, null where there is none. Throws USAGE where it is not ours, and says how it is
 * removed by hand.
 */
export function refuseForeign(
  facts: Pick<ServiceFacts, 'scope'>,
  { path, uninstall }: Pick<Manager, 'path' | 'uninstall'>,
  text: string | null,
  command: 'install' | 'uninstall',
): void {
  if (text === null || parseRecord(text) !== null) return
  const root = facts.scope === 'system' ? 'sudo ' : ''
  const stop = uninstall().before.map(
    ({ argv }) => `"${root}${argv.map((word) => shellWord(word) ?? word).join(' ')}"`,
  )
  const then = command === 'install' ? `, then "${again(facts, 'install')}"` : ''
  throw new McpWatchError('USAGE', `${path} was not written by this program, or was changed`, {
    hint: `it is left as it is; by hand: ${stop.join(', ')}, then move the file away${then}`,
  })
}
