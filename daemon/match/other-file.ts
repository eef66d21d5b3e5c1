/** Whether an entry's script is known to be another file than the one that runs, though called alike. Pure. */
import type { Process } from '../../shared/model/process.ts'
import type { Signature } from './signature.ts'

/**
 * Half of all servers are an `index.js` or a `server.py`, so the name alone makes no two one. Only where both files were
 * found on disk: a file that was not found may be any. Another version of the same package may be the entry's before an
 * update.
 */
export function isOfOtherFile({ script, paths }: Signature, process: Process): boolean {
  const running = process.script
  if (script === null || running === null || running.package === null) return false
  if (paths.has(running.realPath) || paths.has(running.path)) return false
  const { package: own } = script
  return (
    own === null || own.ecosystem !== running.package.ecosystem || own.name !== running.package.name
  )
}
