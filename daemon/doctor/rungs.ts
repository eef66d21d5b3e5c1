/** Tries each way of looking once, the best first: what works here, and why the others do not. */
import type { Doctor } from '../../shared/contract/doctor.ts'
import { McpWatchError } from '../../shared/errors.ts'
import type { EngineName, WatchedProcess } from '../../shared/model/observation.ts'
import type { CaptureEngine, Clock } from '../ports.ts'
import { oneLook } from './one-look.ts'

type Engine = Doctor['engine']
export type Rung = Engine['rungs'][number]

export interface RungDeps {
  /** Throws McpWatchError NO_ENGINE where it cannot be used. */
  readonly open: (name: EngineName) => CaptureEngine
  /** Of an error that `open` threw: the kernel's own words, for who is to find out why. */
  readonly kernelSaid: (error: unknown) => string[]
  readonly watched: readonly WatchedProcess[]
  readonly clock: Clock
}

/** What the daemon would use: the first that works, else the first that could be opened at all. */
export async function tryRungs(
  names: readonly EngineName[],
  deps: RungDeps,
): Promise<Omit<Engine, 'ladder' | 'tools'>> {
  const tried: { readonly rung: Rung; readonly described: Described | null }[] = []
  for (const name of names) tried.push(await tryRung(name, deps))
  const chosen = tried.find(({ rung }) => rung.problem === null) ?? tried.find(wasOpened)
  return {
    ...(chosen?.described ?? { name: null, intervalMs: null, expectedRecall: null, degraded: [] }),
    look: chosen?.rung.look ?? null,
    rungs: tried.map(({ rung }) => rung),
  }
}

type Described = Pick<Engine, 'name' | 'intervalMs' | 'expectedRecall' | 'degraded'>

function wasOpened({ described }: { readonly described: Described | null }): boolean {
  return described !== null
}

async function tryRung(
  name: EngineName,
  { open, kernelSaid, watched, clock }: RungDeps,
): Promise<{ rung: Rung; described: Described | null }> {
  let engine: CaptureEngine
  try {
    engine = open(name)
  } catch (error) {
    if (!(error instanceof McpWatchError) || error.code !== 'NO_ENGINE') throw error
    const { message: problem, hint } = error
    const rung = { name, problem, hint, kernelSaid: kernelSaid(error), look: null }
    return { rung, described: null }
  }
  const look = await oneLook(engine, watched, clock)
  const { intervalMs, expectedRecall, degraded } = engine.describe()
  return {
    rung: { name, problem: look.problem, hint: null, kernelSaid: [], look },
    described: { name, intervalMs, expectedRecall, degraded: [...degraded] },
  }
}
