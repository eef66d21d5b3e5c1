/** Where a measurement runs. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Place {
  /** Folder of workload.c. */
  readonly source: string
  /** Compiled main.js of the program. */
  readonly mainPath: string
  /** A home folder for this measurement alone. */
  readonly home: string
}

export async function inPlace<T>(
  root: string,
  compiled: string,
  measure: (place: Place) => Promise<T>,
): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), 'mcpw-bench-'))
  try {
    const mainPath = join(compiled, 'cli/main.js')
    return await measure({ source: join(root, 'bench'), mainPath, home })
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
}
