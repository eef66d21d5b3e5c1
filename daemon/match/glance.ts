/** What a process shows by itself, whatever the others do. It is read once in a program's life, and not at every tick. */
import type { Process } from '../../shared/model/process.ts'
import type { Server } from '../../shared/model/server.ts'
import { executableFits, sizeEvidence } from './argument-size.ts'
import { type Facet, keysOfFacet, readFacet } from './facet.ts'
import { createMatcher } from './pattern.ts'
import { indexSignatures, type Signature, type SignatureIndex } from './signature.ts'
import { type Match, matchSignature } from './signature-match.ts'

export interface Glance {
  readonly index: SignatureIndex
  readonly facet: (process: Process) => Facet
  readonly clientId: (process: Process) => string | null
  /** A client by its executable or its script's package: what it wrote over its own arguments does not count. */
  readonly isSolidClient: (process: Process) => boolean
  /** Every server that it shows the signature of, weak ones too. */
  readonly shown: (process: Process) => readonly Match[]
  /** Servers of the client above (of all where that is null) whose arguments have the size of its own. */
  readonly fitting: (process: Process, client: string | null) => readonly Signature[]
}

export interface GlanceInput {
  readonly servers: readonly Server[]
  recogniseClient(process: Process): string | null
  digest(text: string): string
}

/** Hands out the same glance while the same servers are configured. */
export type Glances = (input: GlanceInput) => Glance

export function createGlances(): Glances {
  let last: { readonly servers: readonly Server[]; readonly glance: Glance } | null = null
  return (input) => {
    if (last?.servers !== input.servers)
      last = { servers: input.servers, glance: createGlance(input) }
    return last.glance
  }
}

function createGlance(input: GlanceInput): Glance {
  const index = indexSignatures(input.servers)
  const matcher = createMatcher((text) => input.digest(text))
  const recogniseClient = (process: Process): string | null => input.recogniseClient(process)
  const facet = remember(readFacet)
  const clientId = remember(recogniseClient)
  const sizes = remember(() => new Map<string | null, readonly Signature[]>())
  return {
    index,
    facet,
    clientId,
    isSolidClient: remember(
      (process) => clientId(process) !== null && recogniseClient(withoutWords(process)) !== null,
    ),
    shown: remember((process) => {
      const seen = facet(process)
      return index
        .find(keysOfFacet(seen))
        .flatMap((signature) => matchSignature(signature, seen, matcher) ?? [])
    }),
    fitting: (process, client) => {
      const known = sizes(process)
      const before = known.get(client)
      if (before !== undefined) return before
      const found = facet(process).untrusted ? bySize(index, process, client) : []
      known.set(client, found)
      return found
    },
  }
}

/** By the object: a process of which anything changed is another one. */
function remember<T>(compute: (process: Process) => T): (process: Process) => T {
  const known = new WeakMap<Process, { readonly value: T }>()
  return (process) => {
    const before = known.get(process)
    if (before !== undefined) return before.value
    const value = compute(process)
    known.set(process, { value })
    return value
  }
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
