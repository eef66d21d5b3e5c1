/** Leaves out what a client has twice: plugins in a cache, and what it took over from them. Pure. */
import type { Server } from '../../shared/model/server.ts'
import type { ServerDraft } from './read-config.ts'
import type { TrackedFile } from './tracked-file.ts'

/** In the files' order; copies of what another file of the client declares are left out. */
export function withoutCopies(files: readonly TrackedFile[]): ServerDraft[] {
  const drafts = files.flatMap(({ candidate, config }) =>
    (config?.servers ?? []).map((draft) => ({ draft, isCopy: candidate.isCopy === true })),
  )
  if (!drafts.some(({ isCopy }) => isCopy)) return drafts.map(({ draft }) => draft)
  const seen = new Set(
    drafts.filter(({ isCopy }) => !isCopy).map(({ draft }) => commandLine(draft.server)),
  )
  return drafts.flatMap(({ draft, isCopy }) => {
    if (!isCopy) return [draft]
    const key = commandLine(draft.server)
    if (seen.has(key)) return []
    seen.add(key)
    return [draft]
  })
}

function commandLine({ client, launch, endpoint }: Server): string {
  return JSON.stringify([client, launch, endpoint])
}
