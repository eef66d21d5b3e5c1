/** What the database takes on the disk, and giving it back. */
import type { Db } from './db.ts'
import { isPassing } from './sqlite-error.ts'

/** Given back in one step; each page may be one that has to be moved. */
const STEP_PAGES = 100
/** Free pages that are kept, for the next rows: 2 MiB at the usual 4 KiB. */
const SPARE_PAGES = 512
const INCREMENTAL = 2

/**
 * To be called before the first table is made. Free pages are given back in small steps while the daemon runs, which
 * only a database made so can do (sqlite.org/pragma.html#pragma_auto_vacuum): a VACUUM of the whole would stop the
 * watching for seconds. One that was made otherwise is made anew once, where the disk has room for that.
 * `secure_delete = FAST` overwrites what is deleted within a page; pages that were freed as a whole leave the file.
 */
export function prepareSpace(db: Db): void {
  db.pragma('secure_delete = FAST')
  if (Number(db.pragma('auto_vacuum', { simple: true })) === INCREMENTAL) return
  db.pragma(`auto_vacuum = ${INCREMENTAL}`)
  if (Number(db.pragma('page_count', { simple: true })) === 0) return
  try {
    db.exec('VACUUM')
  } catch (error) {
    if (!isPassing(error)) throw error
  }
}

export interface Space {
  /** Bytes of pages in use; the file can be larger by what is free. */
  readonly used: number
  readonly free: number
}

export function spaceOf(db: Db): Space {
  const read = (name: string): number => Number(db.pragma(name, { simple: true }))
  const size = read('page_size')
  const free = read('freelist_count')
  return { used: (read('page_count') - free) * size, free: free * size }
}

/** Gives free pages back to the file system; `all`: to the last one. */
export function* giveBack(db: Db, all = false): Generator<void> {
  const spare = all ? 0 : SPARE_PAGES
  const free = (): number => Number(db.pragma('freelist_count', { simple: true }))
  if (free() <= 2 * spare) return
  for (let before = free(); before > spare; ) {
    db.pragma(`incremental_vacuum(${STEP_PAGES})`)
    yield
    const now = free()
    // Not a database that can: it stays as large as it is, and the pages are used again.
    if (now >= before) return
    before = now
  }
}
