/** One engine: asks it for its containers, and follows what it tells of them. */
import type { ContainerEngineState } from '../../shared/model/container.ts'
import type { Clock, Log } from '../ports.ts'
import { eventOf, type Listed } from './answers.ts'
import type { Ask, FollowEvents } from './ask.ts'
import { createHeld, type Held, isOtherKernel } from './held.ts'
import type { Place } from './places.ts'
import { createQuestions, type EngineVersion, eventsPath, type Failure } from './questions.ts'
import { createQueue } from './queue.ts'
import type { Kernel } from './sight.ts'

export interface EngineDeps {
  readonly ask: Ask
  readonly follow: FollowEvents
  readonly kernel: Kernel
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly log: Pick<Log, 'warn'>
  /** What it has, or its state, may have changed. */
  readonly onChange: () => void
}

export interface Engine {
  /** Null before the first answer, and where no socket is any more. */
  state(): ContainerEngineState | null
  held(): ReadonlyMap<string, Held>
  /** Lists, and asks about what is new or another than before. */
  look(): Promise<void>
  /** From now on a look begins to follow its events where that is not done yet. */
  follow(): void
  /** It tells what happens by itself, and all that it told is known. */
  isFollowed(): boolean
  /** Asks again about those whose first process has ended without a word. */
  checkAlive(): void
  stop(): void
}

/** More than any machine for developing has; an engine that lists more is cut short, and that is logged. */
export const MOST_CONTAINERS = 1000
const AT_ONCE = 4
/** More than engines tell in earnest, many health checks included; one that says more is only asked. */
const MOST_LINES_A_SECOND = 200
const SETTLING_MS = [1_000, 4_000]
const INSTEAD_OF_EVENTS_MS = 5_000
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000

export function createEngine(place: Place, deps: EngineDeps): Engine {
  const { kernel, clock, log } = deps
  const questions = createQuestions(deps.ask, place.path)
  const held = createHeld(questions, kernel, MOST_CONTAINERS)
  let version: EngineVersion | null = null
  let outcome: 'answers' | Exclude<Failure, 'absent'> | null = null
  let looking: Promise<void> | null = null
  let mayFollow = false
  let events: { stop(): void } | null = null
  let retry: NodeJS.Timeout | null = null
  let settling: readonly NodeJS.Timeout[] = []
  let retryMs = FIRST_RETRY_MS
  let isStopped = false
  let isCut = false
  /** An answer failed: what it was about has to be asked for again. */
  let hasMissed = false
  let isFlooded = false
  let second = { begun: 0, lines: 0 }

  const queue = createQueue(AT_ONCE, MOST_CONTAINERS, async (id) => {
    if (version === null || isStopped) return
    if (!(await held.read(id, version))) hasMissed = true
    if (!isStopped) deps.onChange()
  })

  const failed = (why: Failure): void => {
    outcome = why === 'absent' ? null : why
    version = null
    deps.onChange()
  }

  const lookOnce = async (): Promise<void> => {
    if (version === null) {
      const told = await questions.version()
      if (isStopped) return
      if (!told.ok) return failed(told.why)
      version = told.value
    }
    const now = version
    hasMissed = false
    const listed = await questions.list(now.prefix)
    if (isStopped) return
    if (!listed.ok) return failed(listed.why)
    outcome = 'answers'
    const some = limited(listed.value)
    held.keepOnly(new Set(some.map(({ Id }) => Id)))
    for (const each of some) if (held.isNews(each, now)) queue.add(each.Id)
    await queue.idle()
    if (isStopped) return
    deps.onChange()
    followNow(now)
  }

  /** Those that run before those that do not, the newest first: where it is cut short, it is there. */
  const limited = (listed: readonly Listed[]): readonly Listed[] => {
    const runs = ({ State }: Listed): number => (State === 'running' ? 1 : 0)
    const distinct = [...new Map(listed.map((each) => [each.Id, each])).values()]
    const sorted = distinct.toSorted((a, b) => runs(b) - runs(a) || b.Created - a.Created)
    const some = sorted.slice(0, MOST_CONTAINERS)
    const listedNow = { listed: distinct.length, most: MOST_CONTAINERS }
    if (some.length < distinct.length && !isCut)
      log.warn(listedNow, 'an engine lists too many containers: the oldest are left out')
    isCut = some.length < distinct.length
    return some
  }

  const look = async (): Promise<void> => {
    if (isStopped) return
    looking ??= lookOnce().finally(() => {
      looking = null
    })
    await looking
  }

  const lookIn = (ms: number): void => {
    retry = setTimeout(() => {
      retry = null
      void look()
    }, ms).unref()
  }

  const isFlood = (): boolean => {
    if (isFlooded) return true
    const now = clock.monotonicMs()
    if (now - second.begun >= 1000) second = { begun: now, lines: 0 }
    second.lines += 1
    if (second.lines <= MOST_LINES_A_SECOND) return false
    isFlooded = true
    log.warn(
      { most: MOST_LINES_A_SECOND },
      'an engine tells too much: it is asked every 5 s instead',
    )
    queue.clear()
    events?.stop()
    return true
  }

  const followNow = ({ prefix }: EngineVersion): void => {
    if (!mayFollow || events !== null || retry !== null) return
    if (isFlooded) {
      lookIn(INSTEAD_OF_EVENTS_MS)
      return
    }
    const begun = clock.monotonicMs()
    events = deps.follow(place.path, eventsPath(prefix), {
      // What happened between the list and here was told to nobody; and Podman may begin to listen itself only now.
      opened: () => {
        void look()
        settling = SETTLING_MS.map((ms) => setTimeout(() => void look(), ms).unref())
      },
      line: (line) => {
        if (isStopped || isFlood()) return
        const event = eventOf(line)
        if (event === null) return
        if (!event.isGone) queue.add(event.id)
        else if (held.forget(event.id)) deps.onChange()
      },
      ended: () => {
        events = null
        for (const timer of settling) clearTimeout(timer)
        if (isStopped) return
        // One that closes at once is not asked in a circle.
        if (clock.monotonicMs() - begun > LAST_RETRY_MS) retryMs = FIRST_RETRY_MS
        lookIn(isFlooded ? INSTEAD_OF_EVENTS_MS : retryMs)
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)
      },
    })
  }

  return {
    state() {
      if (outcome === null) return null
      const engine = version?.engine ?? place.engine
      const isElsewhere = outcome === 'answers' && runsElsewhere(version, kernel, held.all())
      return { engine, place: place.path, state: isElsewhere ? 'elsewhere' : outcome }
    },
    held: () => held.all(),
    look,
    follow() {
      mayFollow = true
    },
    isFollowed: () => events !== null && outcome === 'answers' && !hasMissed,
    checkAlive() {
      const ended = held.ended()
      if (ended.length > 0) deps.onChange()
      for (const id of ended) queue.add(id)
    },
    stop() {
      isStopped = true
      if (retry !== null) clearTimeout(retry)
      queue.clear()
      events?.stop()
      held.clear()
    },
  }
}

/** Also where the kernel calls itself the same: containers run, and none of their processes is here. */
function runsElsewhere(
  version: EngineVersion | null,
  kernel: Kernel,
  held: ReadonlyMap<string, Held>,
): boolean {
  if (isOtherKernel(version, kernel)) return true
  const sights = [...held.values()].flatMap(({ sight }) => sight ?? [])
  return sights.length > 0 && sights.every((sight) => sight === 'none')
}
