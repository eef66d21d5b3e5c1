/** What a process shows by itself, whatever the others do. It is read once in a program's life, and not at every tick. */
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import type { Server } from '../../shared/model/server.ts'
import { executableFits, isExact, type SizeEvidence, sizeEvidence } from './argument-size.ts'
import { type Facet, keysOfFacet, readFacet } from './facet.ts'
import { createMatcher, type Matcher } from './pattern.ts'
import { indexSignatures, type Signature, type SignatureIndex } from './signature.ts'
import { type Match, matchSignature } from './signature-match.ts'

export interface Glance {
  readonly index: SignatureIndex
  readonly matcher: Matcher
  readonly facet: (process: Process) => Facet
  readonly clientId: (process: Process) => string | null
  /** A client by its executable or its script's package: what it wrote over its own arguments does not count. */
  readonly isSolidClient: (process: Process) => boolean
  /** Every server that it shows the signature of, weak ones too. */
  readonly shown: (process: Process) => readonly Match[]
  /** Servers of the client above (of all where that is null) whose arguments have the size of its own. */
  readonly fitting: (process: Process, client: string | null) => readonly Signature[]
  /** The same with placeholders or secrets in their arguments, so that they can have any size from some on. */
  readonly openFor: (process: Process, client: string | null) => readonly Signature[]
}

export interface GlanceInput {
  readonly servers: readonly Server[]
  readonly table: ProcessTable
  /** Processes of others show nothing; 0 or none: those of all do. */
  readonly ownUid?: number
  recogniseClient(process: Process): string | null
  digest(text: string): string
}

/** Hands out the same glance while the same servers are configured. */
export type Glances = (input: GlanceInput) => Glance

export function createGlances(): Glances {
  let servers: readonly Server[] | null = null
  let known = new Map<Process, Shown>()
  let glance: Glance | null = null
  return (input) => {
    if (glance === null || servers !== input.servers) {
      servers = input.servers
      known = new Map()
      glance = createGlance(input, known)
    }
    forgetEnded(known, input.table)
    return glance
  }
}

/** What is read of a process when it is asked for. */
interface Shown {
  facet?: Facet
  clientId?: string | null
  isSolidClient?: boolean
  matches?: readonly Match[]
  readonly fitting: Map<string | null, readonly Signature[]>
}

/** As many as there are processes may be kept of those that ended: then all is looked through. */
function forgetEnded(known: Map<Process, Shown>, { processes }: ProcessTable): void {
  if (known.size <= 2 * processes.size) return
  for (const process of known.keys())
    if (processes.get(process.pid) !== process) known.delete(process)
}

function createGlance(input: GlanceInput, known: Map<Process, Shown>): Glance {
  const index = indexSignatures(input.servers)
  const { ownUid = 0 } = input
  const isOurs = ({ uid }: Process): boolean => ownUid === 0 || uid === ownUid
  const matcher = createMatcher((text) => input.digest(text))
  // By the object: a process of which anything changed is another one.
  const shownBy = (process: Process): Shown => {
    const before = known.get(process)
    if (before !== undefined) return before
    const shown: Shown = { fitting: new Map() }
    known.set(process, shown)
    return shown
  }
  const facet = (process: Process): Facet => {
    const shown = shownBy(process)
    shown.facet ??= readFacet(process)
    return shown.facet
  }
  const clientId = (process: Process): string | null => {
    const shown = shownBy(process)
    if (shown.clientId === undefined) shown.clientId = input.recogniseClient(process)
    return shown.clientId
  }
  return {
    index,
    matcher,
    facet,
    clientId,
    isSolidClient: (process) => {
      const shown = shownBy(process)
      shown.isSolidClient ??=
        clientId(process) !== null && input.recogniseClient(withoutWords(process)) !== null
      return shown.isSolidClient
    },
    shown: (process) => {
      const shown = shownBy(process)
      shown.matches ??= isOurs(process) ? matchesOf(index, matcher, facet(process)) : NO_MATCHES
      return shown.matches
    },
    fitting: (process, client) => {
      const { fitting } = shownBy(process)
      const before = fitting.get(client)
      if (before !== undefined) return before
      const found =
        isOurs(process) && facet(process).untrusted ? bySize(index, process, client, 'fits') : []
      fitting.set(client, found)
      return found
    },
    openFor: (process, client) =>
      bySize(index, process, client, 'possible').filter((signature) => !isExact(signature)),
  }
}

const NO_MATCHES: readonly Match[] = []

function matchesOf(index: SignatureIndex, matcher: Matcher, facet: Facet): readonly Match[] {
  let found: Match[] | null = null
  for (const signature of index.find(keysOfFacet(facet))) {
    const match = matchSignature(signature, facet, matcher)
    if (match === null) continue
    found ??= []
    found.push(match)
  }
  return found ?? NO_MATCHES
}

function withoutWords(process: Process): Process {
  return { ...process, argv: [process.executable ?? ''], argvForm: 'given', comm: '' }
}

/** Below a client only its own entries: size is thin evidence, and chance matches grow with the number of entries. */
function bySize(
  index: SignatureIndex,
  process: Process,
  client: string | null,
  evidence: SizeEvidence,
): readonly Signature[] {
  if (process.argvBytes === null) return []
  return index.all.filter(
    (signature) =>
      (client === null || signature.server.client === client) &&
      executableFits(signature, process) &&
      sizeEvidence(signature, process) === evidence &&
      signature.invocation.wrappers.every((position) => position !== 'among-children'),
  )
}
