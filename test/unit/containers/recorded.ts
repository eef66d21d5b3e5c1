/** What a real Docker answered while a scene was played (test/fixtures/docker-api). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const FIXTURES = join(import.meta.dirname, '../../fixtures/docker-api')
const read = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8')
const readRecorded = (name: string) => JSON.parse(read(`docker-20.10.24/${name}`))

/** Of the first process of a container, and of its parent. */
export interface RecordedProcess {
  readonly cgroup: string
  readonly stat: string
  readonly parent: { readonly comm: string; readonly cmdline: string; readonly uids: string }
}
export type Scene =
  | 'fetch'
  | 'time'
  | 'side'
  | 'host'
  | 'renamed'
  | 'checked'
  | 'paused'
  | 'created'
  | 'compose'

const containers: Readonly<
  Record<Scene, { readonly id: string; readonly process: RecordedProcess | null }>
> = readRecorded('containers.json')
/** By path, as it was asked. */
export const answers: Readonly<Record<string, unknown>> = readRecorded('answers.json')
/** As they came. */
export const eventChunks: readonly string[] = readRecorded('events.json')

export const SCENES = Object.keys(containers) as readonly Scene[]
export const HOW_MANY = SCENES.length
export const idOf = (scene: Scene): string => containers[scene].id
export const FETCH = idOf('fetch')
export const TIME = idOf('time')
export const SIDE = idOf('side')

const told = (path: string) => JSON.parse(JSON.stringify(answers[path]))
export const version = () => told('/version')
export const listed = () => told('/v1.41/containers/json?all=true')
export const inspected = (scene: Scene) => told(`/v1.41/containers/${idOf(scene)}/json`)
export const imageOf = (scene: Scene) => told(`/v1.41/images/${inspected(scene).Image}/json`)
export const pidOf = (scene: Scene): number => inspected(scene).State.Pid

/** Null where none runs. */
export const processOf = (scene: Scene): RecordedProcess | null => containers[scene].process
/** The containers that run, by the number of their first process. */
export const running = (): Map<number, string> =>
  new Map(
    SCENES.filter((scene) => processOf(scene) !== null).map((scene) => [pidOf(scene), idOf(scene)]),
  )
/** What the first process of a container has in its `cgroup`, there. */
export const groupsOf = (id: string): string =>
  processOf('fetch')?.cgroup.replaceAll(FETCH, id) ?? ''

/** Not recorded. */
export const byHand = (name: 'version-1.47' | 'version-desktop') =>
  JSON.parse(read(`by-hand-${name}.json`))
