/** Whether anything is in a place, for all that can be told. */
import { lstatSync } from 'node:fs'

/** False only where the system says that nothing is there; what cannot be looked at may be there. Never throws. */
export function fileExists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    return code !== 'ENOENT' && code !== 'ENOTDIR'
  }
}
