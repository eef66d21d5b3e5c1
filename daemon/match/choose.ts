/** Among the entries a root shows the signature of, the one that fits best; several when nothing tells them apart. */
import type { Process } from '../../shared/model/process.ts'
import { isWithin } from './paths.ts'
import type { KnownClient } from './scene.ts'
import type { Signature } from './signature.ts'
import type { How } from './signature-match.ts'

/** `evidence` says where the match comes from: words, or the size of the argument area. */
export interface Candidate {
  readonly signature: Signature
  readonly how: How
  readonly args: 'all' | 'some' | 'unknown'
  readonly strong: boolean
  readonly sameShape: boolean
  readonly sameOptions: boolean
  readonly evidence: 'words' | 'size'
  /** A process below the root shows the entry too, with all its arguments. */
  readonly proved: boolean
}

/** The best candidates, all equally good; empty when there are none. */
export function bestCandidates(
  candidates: readonly Candidate[],
  root: Process,
  client: Pick<KnownClient, 'id'> | null,
  clientFolder: string | null,
): readonly Candidate[] {
  let best: readonly number[] = []
  let winners: Candidate[] = []
  for (const candidate of candidates) {
    const marks = marksOf(candidate, root, client, clientFolder)
    const order = compareMarks(marks, best)
    if (winners.length === 0 || order > 0) {
      best = marks
      winners = [candidate]
    } else if (order === 0) winners.push(candidate)
  }
  return winners
}

/** Most telling mark first; a higher number is better. */
function marksOf(
  { signature, how, args, strong, sameShape, sameOptions, proved }: Candidate,
  root: Process,
  client: Pick<KnownClient, 'id'> | null,
  clientFolder: string | null,
): readonly number[] {
  const { server } = signature
  return [
    strong ? 1 : 0,
    args === 'all' ? 1 : 0,
    proved ? 1 : 0,
    sameOptions ? 1 : 0,
    // a package's program is only likely to be called so
    how === 'command' && signature.invocation.core.kind === 'package' ? 0 : 1,
    sameShape ? 1 : 0,
    isWrittenAs(signature, root) ? 1 : 0,
    client !== null && server.client === client.id ? 1 : 0,
    projectMark(signature, root.cwd, clientFolder),
    server.launch?.cwd != null && server.launch.cwd === root.cwd ? 1 : 0,
    server.disabled ? 0 : 1,
  ]
}

/** Whether the very path that the entry names runs, and not another one that leads to the same file. */
function isWrittenAs({ invocation: { core } }: Signature, { script }: Process): boolean {
  if (script === null) return false
  if (core.kind === 'script') return core.script === script.path
  return core.kind === 'binary' && core.path === script.path
}

function projectMark(
  { project }: Signature,
  folder: string | null,
  clientFolder: string | null,
): number {
  if (project === null) return 1
  if (folder === null && clientFolder === null) return 1
  return isInProject(project, folder, clientFolder) ? 2 : 0
}

/** Whether the process or its client works in the project. */
export function isInProject(
  project: string,
  folder: string | null,
  clientFolder: string | null,
): boolean {
  return [folder, clientFolder].some((path) => path !== null && isWithin(project, path))
}

function compareMarks(one: readonly number[], other: readonly number[]): number {
  for (const [index, mark] of one.entries()) {
    const difference = mark - (other[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
