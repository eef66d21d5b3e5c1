/** What a process was started by, where that says that it is something else than it looks like. */
import type { Process } from '../../shared/model/process.ts'
import { isExact, isRunnerOfSize } from './argument-size.ts'
import { type Facet, isShell } from './facet.ts'
import type { Signature } from './signature.ts'
import type { Match } from './signature-match.ts'

/** What has to be known of the processes around. */
export interface Surroundings {
  parentOf(process: Process): Process | null
  childrenOf(process: Process): readonly Process[]
  clientId(process: Process): string | null
  facet(process: Process): Facet
  shown(process: Process): readonly Match[]
}

/** Shells and wrappers that stand one above the other: more is no way to start a server. */
const MAX_LEVELS = 8

/**
 * Whether a package runner above was told to run something else than `signature`: another package may have a program of
 * the same name, one package has several programs, and npm runs the install scripts of packages too.
 */
export function isOfAnotherRunner(
  around: Surroundings,
  process: Process,
  signature: Signature,
): boolean {
  let above = around.parentOf(process)
  if (above !== null && around.clientId(above) !== null && lacksRunner(around, process, signature))
    return true
  for (let level = 0; above !== null && level < MAX_LEVELS; level += 1) {
    const { invocation, launcher } = around.facet(above)
    if (invocation?.core.kind === 'package' && launcher)
      return !around.shown(above).some((match) => match.signature === signature)
    if (isOtherNpm(above)) return true
    if (!launcher && !isShell(above)) return false
    above = around.parentOf(above)
  }
  return false
}

/** Package runners stay above what they run: a client that starts the program itself was not told to run the package. */
function lacksRunner(around: Surroundings, process: Process, { invocation }: Signature): boolean {
  const { core } = invocation
  if (core.kind !== 'package' || EXECUTING.has(core.manager)) return false
  return around.facet(process).invocation?.core.kind !== 'package'
}

/** Run the package in their own process. */
const EXECUTING = new Set(['pipx', 'deno'])

/** npm at something else than running a program: `npm install`, `npm view`. */
function isOtherNpm({ argv, argvForm }: Process): boolean {
  const title = argvForm === 'given' ? '' : argv.join(' ')
  return /^npm (?!exec |x |run |run-script |start|restart|test)\w/.test(title)
}

/** With no client above, a title has to be of the right size: anybody can call himself so. */
export function isPlausible(around: Surroundings, process: Process, { signature }: Match): boolean {
  if (!around.facet(process).untrusted || signature.invocation.npm === null) return true
  return !isExact(signature) || isRunnerOfSize(signature, process)
}

/** Whether what a launcher started proves what the launcher's words only suggest. */
export function isBorneOut(around: Surroundings, process: Process, match: Match): boolean {
  if (!around.facet(process).launcher) return false
  const children = around.childrenOf(process)
  const below = children.flatMap((child) =>
    isShell(child) ? [child, ...around.childrenOf(child)] : [child],
  )
  return below.some((child) =>
    around
      .shown(child)
      .some(
        ({ signature, strong, args }) => signature === match.signature && strong && args === 'all',
      ),
  )
}
