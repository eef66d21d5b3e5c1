/** Which servers a client runs inside itself, by a Node of its own: they are no processes. Pure. */
import type { Candidate } from './candidate.ts'
import type { Document } from './document.ts'
import type { Entry } from './entry.ts'

/** `never` is said for all files of the client. */
export type OwnNodeUse = 'used' | 'unsaid' | 'never'

export function ownNodeIn(document: Document, { ownNode }: Candidate): OwnNodeUse {
  if (ownNode === undefined) return 'unsaid'
  const value = document.value(ownNode.at)
  if (value === false) return 'never'
  return value === ownNode.is ? 'used' : 'unsaid'
}

/** Any other command, a path to another Node included, is started as it is written. */
export function runsInOwnNode(
  entry: Pick<Entry, 'transport' | 'command'>,
  use: OwnNodeUse,
): boolean {
  return use === 'used' && entry.transport === 'stdio' && entry.command === 'node'
}
