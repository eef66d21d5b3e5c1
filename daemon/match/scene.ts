/** One tick's process table with what is asked of it again and again: children, parents, clients, matches. */
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import { executableFits, sizeEvidence } from './argument-size.ts'
import { type Facet, keysOfFacet, readFacet } from './facet.ts'
import type { Matcher } from './pattern.ts'
import type { Signature, SignatureIndex } from './signature.ts'
import { type Match, matchSignature } from './signature-match.ts'

export interface KnownClient {
  readonly id: string
  readonly process: Process
}

export interface Scene {
  readonly table: ProcessTable
  readonly index: SignatureIndex
  childrenOf(process: Process): readonly Process[]
  parentOf(process: Process): Process | null
  clientId(process: Process): string | null
  /** A client by its executable or its script's package: what it wrote over its own arguments does not count. */
  isSolidClient(process: Process): boolean
  nearestClient(process: Process): KnownClient | null
  facet(process: Process): Facet
  /** Servers it shows the signature of; weak ones only where a client is above. */
  matches(process: Process): readonly Match[]
  /** Directly started entries that the size of its arguments fits, for a process whose words cannot be trusted. */
  sizeMatches(process: Process): readonly Signature[]
}

export interface SceneInput {
  readonly table: ProcessTable
  readonly index: SignatureIndex
  readonly matcher: Matcher
  recogniseClient(process: Process): string | null
}

/** Longest parent chain that is followed: a table read while processes come and go may hold a loop. */
const MAX_CHAIN = 256

const NO_CHILDREN: readonly Process[] = []

export function createScene(input: SceneInput): Scene {
  const { table, index, matcher } = input
  const parentOf = (process: Process): Process | null => {
    const parent = table.processes.get(process.ppid)
    // a parent is never younger: such a one has only inherited the number
    return parent === undefined || parent === process || parent.startTicks > process.startTicks
      ? null
      : parent
  }
  const children = childrenByPid(table, parentOf)
  const clientId = remember((process) => input.recogniseClient(process))
  const isSolidClient = remember(
    (process) =>
      clientId(process) !== null && input.recogniseClient(withoutWords(process)) !== null,
  )
  const nearestClient = (process: Process): KnownClient | null => {
    let above = parentOf(process)
    for (let level = 0; above !== null && level < MAX_CHAIN; level += 1) {
      const id = clientId(above)
      if (id !== null) return { id, process: above }
      above = parentOf(above)
    }
    return null
  }
  const facet = remember(readFacet)
  const matches = remember((process) => {
    const shown = facet(process)
    const found: Match[] = []
    for (const signature of index.find(keysOfFacet(shown))) {
      const match = matchSignature(signature, shown, matcher)
      if (match !== null && (match.strong || nearestClient(process) !== null)) found.push(match)
    }
    return found
  })
  const sizeMatches = remember((process) =>
    facet(process).untrusted ? bySize(index, process, nearestClient(process)?.id ?? null) : [],
  )
  return {
    table,
    index,
    childrenOf: (process) => children.get(process.pid) ?? NO_CHILDREN,
    parentOf,
    clientId,
    isSolidClient,
    nearestClient,
    facet,
    matches,
    sizeMatches,
  }
}

function remember<T>(compute: (process: Process) => T): (process: Process) => T {
  const known = new Map<Process, T>()
  return (process) => {
    const before = known.get(process)
    if (before !== undefined) return before
    const value = compute(process)
    known.set(process, value)
    return value
  }
}

function childrenByPid(
  table: ProcessTable,
  parentOf: (process: Process) => Process | null,
): ReadonlyMap<number, readonly Process[]> {
  const children = new Map<number, Process[]>()
  for (const process of table.processes.values()) {
    const parent = parentOf(process)
    if (parent === null) continue
    const siblings = children.get(parent.pid)
    if (siblings === undefined) children.set(parent.pid, [process])
    else siblings.push(process)
  }
  return children
}

function withoutWords(process: Process): Process {
  return { ...process, argv: [process.executable ?? ''], argvForm: 'given', comm: '' }
}

/** Below a client only its own entries: size is thin evidence, and chance matches grow with the number of entries. */
function bySize(
  index: SignatureIndex,
  process: Process,
  client: string | null,
): readonly Signature[] {
  if (process.argvBytes === null) return []
  return index.all.filter(
    (signature) =>
      (client === null || signature.server.client === client) &&
      executableFits(signature, process) &&
      sizeEvidence(signature, process) === 'fits' &&
      signature.invocation.wrappers.every((position) => position !== 'among-children'),
  )
}
