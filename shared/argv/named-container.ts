/** `docker exec`, `docker attach` and `docker start -a`: commands that talk to a container that was made before. Pure. */
import { basename } from '../text/basename.ts'
import { readAttachOptions, readGlobalOptions, readRunOptions } from './container-options.ts'
import type { Invocation } from './invocation.ts'

export interface NamedContainer {
  readonly engine: string
  /** Name or number, or the beginning of a number, as written. */
  readonly container: string
  /** What is run in it beside what it runs; null where the command talks to what it runs itself. */
  readonly run: readonly string[] | null
}

/** Null for everything else, and for a shell or another program that was told to call it. */
export function namedContainerOf(invocation: Invocation | null): NamedContainer | null {
  if (invocation?.core.kind !== 'binary' || invocation.wrappers.length > 0) return null
  const engine = basename(invocation.core.path)
  if (engine !== 'docker' && engine !== 'podman') return null
  let words = readGlobalOptions(invocation.core.args).rest
  if (words[0] === 'container') words = words.slice(1)
  const [verb = '', ...after] = words
  switch (verb) {
    case 'exec': {
      const [container, ...run] = readRunOptions(after).rest
      return container === undefined || run.length === 0 ? null : { engine, container, run }
    }
    case 'attach':
    case 'start': {
      const { options, rest } = readAttachOptions(after)
      const [container, ...more] = rest
      const talks = verb === 'attach' || options.some(([name]) => TALKING.has(name))
      return container === undefined || more.length > 0 || !talks
        ? null
        : { engine, container, run: null }
    }
    default:
      return null
  }
}

/** Of `start`; without, it ends as soon as the container runs. */
const TALKING: ReadonlySet<string> = new Set(['a', 'attach', 'i', 'interactive'])
