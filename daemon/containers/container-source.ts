/**
 * Follows the container engines of this machine while somebody wants to know. Each tells what happens by itself, which
 * Podman's does a quarter of a second late; so while a container is waited for, they are asked again and again.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Containers, NO_CONTAINERS } from '../../shared/model/container.ts'
import type { Clock, ContainerSource, Log } from '../ports.ts'
import type { Ask, FollowEvents } from './ask.ts'
import { createEngine, type Engine } from './engine.ts'
import type { FindSockets, Found } from './find-sockets.ts'
import { mergeContainers } from './merge.ts'
import { createMonitors } from './monitors.ts'
import type { Kernel } from './sight.ts'

export interface ContainerSourceDeps {
  readonly findSockets: FindSockets
  readonly ask: Ask
  readonly follow: FollowEvents
  readonly kernel: Kernel
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly log: Pick<Log, 'warn'>
  /** Users whose monitors of containers are believed, beside whose sockets are asked. */
  readonly uids: ReadonlySet<number>
}

/** From one look to the next while a container is waited for; the last goes on. */
const LOOK_AGAIN_MS = [100, 200, 400, 800, 1_600, 3_200, 5_000] as const
/** Where nobody waits: engines may be started, and those that were silent answer. */
const LOOK_SELDOM_MS = 30_000
/** Longer than two questions may take: so a silent engine is told of as such. */
const LOOK_LIMIT_MS = 5_000
const FIND_AGAIN_MS = 5_000
const ALIVE_EVERY_MS = 2_000
/** Many containers begin at once when an engine is first asked: matching need not run for each. */
const PUBLISH_EVERY_MS = 50

export function createContainerSource(deps: ContainerSourceDeps): ContainerSource {
  let current = NO_CONTAINERS
  let following: Following | null = null
  let callback: () => void = () => undefined

  return {
    current: () => current,
    want(wanted, missing) {
      if (!wanted) {
        following?.stop()
        following = null
        // What is not followed may have ended since.
        current = NO_CONTAINERS
        return
      }
      following ??= createFollowing(deps, (merged) => {
        const next = merged(current)
        if (next === current) return
        current = next
        callback()
      })
      following.wait(missing)
    },
    watch(onChange) {
      callback = onChange
    },
    stop() {
      following?.stop()
      following = null
    },
  }
}

/** One look, for a command that ends after it: what is known when all have answered, or after that time. */
export async function lookOnce(
  deps: ContainerSourceDeps,
  limitMs = LOOK_LIMIT_MS,
): Promise<Containers> {
  const { sockets, denied, elsewhere } = await deps.findSockets()
  const engines = sockets.map((place) =>
    createEngine(place, { ...deps, onChange: () => undefined }),
  )
  const monitors = createMonitors({ ...deps, onChange: () => undefined })
  const limit = new AbortController()
  const late = pause(limitMs, null, { signal: limit.signal }).catch(() => null)
  const asked: readonly { look(): Promise<void> }[] = [...engines, monitors]
  const isSlow = new Set(asked)
  await Promise.race([
    Promise.all(asked.map(async (each) => await each.look().then(() => isSlow.delete(each)))),
    late,
  ])
  limit.abort()
  const sources = sourcesOf(engines, monitors, { denied, elsewhere }).map((source, index) => {
    const [engine, place] = [engines[index], sockets[index]]
    if (engine === undefined || place === undefined || !isSlow.has(engine)) return source
    // What it told until now holds all the same.
    const state = { engine: place.engine, place: place.path, state: 'silent' as const }
    return { ...source, state: source.state ?? state }
  })
  const merged = mergeContainers(NO_CONTAINERS, sources)
  for (const engine of engines) engine.stop()
  return merged
}

interface Following {
  /** Whether somebody waits for a container. */
  wait(missing: boolean): void
  stop(): void
}

type Merge = (before: Containers) => Containers

function createFollowing(deps: ContainerSourceDeps, tell: (merge: Merge) => void): Following {
  const engines = new Map<string, Engine>()
  const timers = new Set<NodeJS.Timeout>()
  let others: Pick<Found, 'denied' | 'elsewhere'> = { denied: [], elsewhere: [] }
  let foundAt: number | null = null
  let publishedAt = Number.NEGATIVE_INFINITY
  let willPublish = false
  let isMissing = false
  let step = 0
  let eagerSteps = 0
  let next: NodeJS.Timeout | null = null
  let isStopped = false
  const { monotonicMs } = deps.clock

  const publish = (): void => {
    if (willPublish || isStopped) return
    willPublish = true
    const wait = Math.max(0, publishedAt + PUBLISH_EVERY_MS - monotonicMs())
    const timer = setTimeout(() => {
      timers.delete(timer)
      willPublish = false
      publishedAt = monotonicMs()
      tell((before) => mergeContainers(before, sourcesOf(engines.values(), monitors, others)))
    }, wait).unref()
    timers.add(timer)
  }
  const monitors = createMonitors({ ...deps, onChange: publish })

  const findEngines = async (): Promise<void> => {
    const now = monotonicMs()
    if (foundAt !== null && now - foundAt < FIND_AGAIN_MS) return
    foundAt = now
    const found = await deps.findSockets()
    if (isStopped) return
    others = found
    for (const place of found.sockets) {
      if (engines.has(place.path)) continue
      const engine = createEngine(place, { ...deps, onChange: publish })
      engine.follow()
      engines.set(place.path, engine)
    }
    publish()
  }

  const look = async (): Promise<void> => {
    await findEngines()
    const isSoon = isMissing || step < eagerSteps
    // Those that tell by themselves are asked only where somebody waits.
    const asked = [...engines.values()].filter((engine) => isSoon || !engine.isFollowed())
    // Each in its own time: one that takes long, or means to, must not keep the others from being asked.
    for (const engine of asked) void engine.look()
    await monitors.look()
    if (isStopped) return
    const waitMs = LOOK_AGAIN_MS[Math.min(step, LOOK_AGAIN_MS.length - 1)] ?? LOOK_SELDOM_MS
    step += 1
    schedule(isSoon ? waitMs : LOOK_SELDOM_MS)
  }

  const schedule = (waitMs: number): void => {
    if (next !== null) clearTimeout(next)
    next = setTimeout(() => {
      next = null
      void look()
    }, waitMs).unref()
  }

  const lookEagerly = (): void => {
    step = 0
    eagerSteps = LOOK_AGAIN_MS.length
    schedule(0)
  }

  const alive = setInterval(() => {
    for (const engine of engines.values()) engine.checkAlive()
    // Nobody tells when one of those is started again.
    if (monitors.checkAlive()) lookEagerly()
  }, ALIVE_EVERY_MS).unref()

  void look()
  return {
    wait(missing) {
      const isNews = missing && !isMissing
      isMissing = missing
      if (!isNews) return
      lookEagerly()
    },
    stop() {
      isStopped = true
      clearInterval(alive)
      if (next !== null) clearTimeout(next)
      for (const timer of timers) clearTimeout(timer)
      for (const engine of engines.values()) engine.stop()
      monitors.clear()
    },
  }
}

function sourcesOf(
  engines: Iterable<Engine>,
  monitors: Pick<ReturnType<typeof createMonitors>, 'held'>,
  { denied, elsewhere }: Pick<Found, 'denied' | 'elsewhere'>,
) {
  const states = [
    ...denied.map((place) => ({ ...place, state: 'denied' as const })),
    ...elsewhere.map((place) => ({ ...place, state: 'elsewhere' as const })),
  ].map(({ engine, path, state }) => ({ state: { engine, place: path, state }, held: [] }))
  return [
    ...[...engines].map((engine) => ({ state: engine.state(), held: engine.held().values() })),
    ...states,
    { state: null, held: monitors.held() },
  ]
}
