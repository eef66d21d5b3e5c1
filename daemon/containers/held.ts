/** The containers of one engine as it told of them last, each looked at under this kernel. */
import type { Container } from '../../shared/model/container.ts'
import type { ImageConfig, Listed } from './answers.ts'
import { containerOf, imageIdOf, keyOf, type Told } from './container-of.ts'
import type { EngineVersion, Questions } from './questions.ts'
import { type Kernel, type Sight, sightOf } from './sight.ts'

/** `sight` is null where there is no process to look at. */
export interface Held extends Told {
  readonly key: string
  readonly sight: Sight | null
  /** How often in a row nothing else was told. */
  readonly times: number
}

export interface HeldContainers {
  all(): ReadonlyMap<string, Held>
  /** Asks about one. False where the answer was of no use. */
  read(id: string, version: EngineVersion): Promise<boolean>
  isNews(listed: Listed, version: EngineVersion): boolean
  keepOnly(ids: ReadonlySet<string>): void
  /** True when it was held. */
  forget(id: string): boolean
  /** Those whose first process has ended: they are held as such from now on. */
  ended(): readonly string[]
  clear(): void
}

const MOST_IMAGES = 500
const MOST_TIMES = 3
/** What a list calls a container that runs by the answer about it. */
const RUNNING: ReadonlySet<string> = new Set(['running', 'paused', 'restarting'])

export function createHeld(questions: Questions, kernel: Kernel, most: number): HeldContainers {
  const held = new Map<string, Held>()
  const images = new Map<string, ImageConfig>()
  let isCleared = false

  const imageOf = async (prefix: string, id: string): Promise<ImageConfig | null> => {
    const known = images.get(id)
    if (known !== undefined) return known
    const told = await questions.image(prefix, id)
    if (told !== null && images.size < MOST_IMAGES) images.set(id, told)
    return told
  }

  const ask = async (
    id: string,
    { engine, prefix }: EngineVersion,
  ): Promise<Told | 'gone' | null> => {
    const answer = await questions.inspect(prefix, id)
    if (answer === null || answer === 'gone') return answer
    const imageId = imageIdOf(answer.Image)
    const needsImage = imageId !== null && answer.Config.Cmd.length > 0
    return containerOf(engine, answer, needsImage ? await imageOf(prefix, imageId) : null)
  }

  const sightAt = (told: Told | 'gone' | null, version: EngineVersion): Sight | null => {
    if (told === null || told === 'gone' || told.toldPid === null) return null
    return isOtherKernel(version, kernel)
      ? 'none'
      : sightOf(kernel, told.container.id, told.toldPid)
  }

  const keep = (told: Told, sight: Sight | null): void => {
    const { id } = told.container
    const before = held.get(id)
    if (before === undefined && held.size >= most) return
    const pid = sight === 'own' ? told.toldPid : null
    const container: Container = { ...told.container, pid }
    const key = keyOf(container)
    // The same object while nothing of it changed.
    const same = before?.key === key ? before.container : container
    const times = before?.key === key && before.sight === sight ? before.times + 1 : 1
    held.set(id, { ...told, sight, key, times, container: same })
  }

  return {
    all: () => held,
    async read(id, version) {
      let told = await ask(id, version)
      let sight = sightAt(told, version)
      if (sight === 'none' && !isOtherKernel(version, kernel)) {
        // It may have ended, or been started again, between the answer and the look.
        told = await ask(id, version)
        sight = sightAt(told, version)
      }
      if (isCleared || told === null) return false
      if (told === 'gone') held.delete(id)
      else keep(told, sight)
      return true
    },
    isNews({ Id, Names, State }, version) {
      const known = held.get(Id)
      if (known === undefined) return true
      const { container, sight } = known
      const names = Names ?? []
      if (RUNNING.has(State) !== container.running) return true
      if (names.length > 0 && !names.includes(`/${container.name}`)) return true
      // It may have begun between two looks; one that stays away is elsewhere, or nobody's.
      return sight === 'none' && known.times < MOST_TIMES && !isOtherKernel(version, kernel)
    },
    keepOnly(ids) {
      for (const id of held.keys()) if (!ids.has(id)) held.delete(id)
    },
    forget: (id) => held.delete(id),
    ended() {
      const ended = [...held.values()].filter(
        ({ container: { pid } }) => pid !== null && !kernel.isAlive(pid),
      )
      for (const { container, joins } of ended)
        keep(
          { container: { ...container, running: false, published: [] }, toldPid: null, joins },
          null,
        )
      return ended.map(({ container }) => container.id)
    },
    clear() {
      isCleared = true
      held.clear()
    },
  }
}

/** A virtual machine has a kernel of its own, as Docker Desktop's and Podman's. */
export function isOtherKernel(version: EngineVersion | null, kernel: Kernel): boolean {
  if (!kernel.isLinux) return true
  return version !== null && version.kernel !== '' && version.kernel !== kernel.release
}
