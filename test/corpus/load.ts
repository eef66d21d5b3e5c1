/** Reads the cases from their files. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { type CorpusCase, caseSchema } from './case.ts'

const FOLDERS = ['recorded', 'transcribed', 'made'] as const

export interface CaseFile {
  readonly kind: (typeof FOLDERS)[number]
  readonly id: string
  readonly text: string
}

/** In the order of their names. */
export function caseFiles(): readonly CaseFile[] {
  return FOLDERS.flatMap((kind) => {
    const folder = join(import.meta.dirname, kind)
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => ({
        kind,
        id: basename(name, '.json'),
        text: readFileSync(join(folder, name), 'utf8'),
      }))
  })
}

/** Throws with every place at which the file is no case. */
export function parseCase({ kind, id, text }: CaseFile): CorpusCase {
  const parsed = caseSchema.safeParse(JSON.parse(text))
  if (!parsed.success) throw new Error(`${kind}/${id}.json:\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}
