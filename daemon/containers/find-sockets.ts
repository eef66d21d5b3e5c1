/**
 * Which of the places have a socket, each once, whatever leads to it. Only those of these users count: a place that the
 * environment names may be one that others can take.
 */
import { stat } from 'node:fs/promises'
import type { Place, Places } from './places.ts'

export interface Found {
  readonly sockets: readonly Place[]
  /** Somewhere below a folder that may not be entered: whether there is one is not known. */
  readonly denied: readonly Place[]
  readonly elsewhere: readonly Place[]
}

export type FindSockets = () => Promise<Found>

export async function findSockets(
  { sockets, elsewhere }: Places,
  uids: ReadonlySet<number>,
): Promise<Found> {
  const found = new Map<string, Place>()
  const denied: Place[] = []
  for (const place of sockets) {
    const look = await stat(place.path, { bigint: true }).catch(codeOf)
    if (look === 'EACCES') denied.push(place)
    else if (typeof look !== 'string' && look.isSocket() && uids.has(Number(look.uid))) {
      const key = `${look.dev} ${look.ino}`
      if (!found.has(key)) found.set(key, place)
    }
  }
  return { sockets: [...found.values()], denied, elsewhere }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
