/** One tick's process table with what is asked of it again and again: children, parents, clients, matches. */
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import { processesAbove } from './above.ts'
import type { Facet } from './facet.ts'
import type { Glance } from './glance.ts'
import type { KnownClient } from './known-client.ts'
import type { Matcher } from './pattern.ts'
import { isBorneOut, isOfAnotherRunner, isPlausible } from './runner-above.ts'
import type { Signature, SignatureIndex } from './signature.ts'
import type { Match } from './signature-match.ts'
import { createClientAtStdin } from './stdin-client.ts'

export type { KnownClient } from './known-client.ts'

export interface Scene {
  readonly table: ProcessTable
  readonly index: SignatureIndex
  /** Compares configured words with running ones. */
  readonly matcher: Matcher
  childrenOf(process: Process): readonly Process[]
  parentOf(process: Process): Process | null
  clientId(process: Process): string | null
  /** A client by its executable or its script's package: what it wrote over its own arguments does not count. */
  isSolidClient(process: Process): boolean
  nearestClient(process: Process): KnownClient | null
  /** The nearest client above; where there is none, the one at the other end of descriptor 0. */
  clientOf(process: Process): KnownClient | null
  facet(process: Process): Facet
  /** Every server it shows the signature of, weak ones too: for what is known to belong to one by its place. */
  shown(process: Process): readonly Match[]
  /** Servers it shows the signature of; weak ones only where a client started it. */
  matches(process: Process): readonly Match[]
  /** Directly started entries that the size of its arguments fits, for a process whose words cannot be trusted. */
  sizeMatches(process: Process): readonly Signature[]
  /** Directly started entries that it can be as well, for the size of their arguments is not known. */
  sizeDoubts(process: Process): readonly Signature[]
}

const NO_CHILDREN: readonly Process[] = []

/** `stdinHolder`: the pid of the process that holds the other end of descriptor 0, where somebody asked the system. */
export function createScene(
  table: ProcessTable,
  glance: Glance,
  stdinHolder: (process: Process) => number | null = () => null,
): Scene {
  const { index, facet, clientId, isSolidClient } = glance
  const parentOf = (process: Process): Process | null => {
    const parent = table.processes.get(process.ppid)
    // a parent is never younger: such a one has only inherited the number
    return parent === undefined || parent === process || parent.startTicks > process.startTicks
      ? null
      : parent
  }
  const children = childrenByPid(table, parentOf)
  const nearestClient = (process: Process): KnownClient | null => {
    for (const above of processesAbove({ parentOf }, process)) {
      const id = clientId(above)
      if (id !== null) return { id, process: above }
    }
    return null
  }
  const atStdin = createClientAtStdin({ table, glance, parentOf, stdinHolder })
  const clientOf = (process: Process): KnownClient | null =>
    nearestClient(process) ?? atStdin(process)
  const childrenOf = (process: Process): readonly Process[] =>
    children.get(process.pid) ?? NO_CHILDREN
  const around = { parentOf, childrenOf, clientId, facet, shown: glance.shown }
  return {
    table,
    index,
    matcher: glance.matcher,
    childrenOf,
    parentOf,
    clientId,
    isSolidClient,
    nearestClient,
    clientOf,
    facet,
    shown: glance.shown,
    matches: (process) => {
      const shown = glance.shown(process)
      if (shown.length === 0) return shown
      const isBelowClient = clientOf(process) !== null
      const isSure = (match: Match): boolean =>
        isBelowClient ||
        (match.strong && isPlausible(around, process, match)) ||
        isBorneOut(around, process, match)
      // where one that fits better is not sure, one that fits worse is not either
      const isBetter = shown.some((match) => match.args === 'all' && !isSure(match))
      return shown.filter(
        (match) =>
          isSure(match) &&
          (match.args === 'all' || !isBetter) &&
          !isOfAnotherRunner(around, process, match.signature),
      )
    },
    sizeMatches: (process) =>
      facet(process).untrusted
        ? glance.fitting(process, clientOf(process)?.id ?? null)
        : NOTHING_FITS,
    sizeDoubts: (process) => glance.openFor(process, clientOf(process)?.id ?? null),
  }
}

const NOTHING_FITS: readonly Signature[] = []

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
