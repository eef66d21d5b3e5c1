/** Puts the files of a case on the disk, and makes its processes those of that place. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type CorpusCase, caseSchema, HOME } from './case.ts'

export interface CaseMachine {
  readonly home: string
  /** What takes the place of `/` for files outside of homes. */
  readonly root: string
  /** The case with `home` everywhere instead of the home it is written with. */
  readonly moved: CorpusCase
  remove(): void
}

/** The caller removes it. Throws when a file of the case cannot be written. */
export function createMachine(one: CorpusCase): CaseMachine {
  const home = makeHome()
  const root = `${home}.root`
  const remove = (): void => {
    for (const folder of [home, root]) rmSync(folder, { recursive: true, force: true })
  }
  try {
    const moved = caseSchema.parse(JSON.parse(JSON.stringify(one).replaceAll(HOME, home)))
    for (const file of moved.files) {
      const path = file.path.replace(/^~(?=\/)/, home)
      const place = path.startsWith(`${home}/`) ? path : `${root}/${path}`
      mkdirSync(dirname(place), { recursive: true })
      if ('link' in file) symlinkSync(file.link.replace(/^~(?=\/)/, home), place)
      else writeFileSync(place, file.text)
    }
    return { home, root, moved, remove }
  } catch (error) {
    remove()
    throw error
  }
}

/** As long as HOME, so that every argument keeps its size; hence not below the system's temporary folder. */
function makeHome(): string {
  for (;;) {
    const letters = Math.random().toString(36).slice(2).padEnd(4, '0')
    const home = `/tmp/${letters.slice(0, HOME.length - '/tmp/'.length)}`
    try {
      mkdirSync(home, { mode: 0o700 })
      return home
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
}
