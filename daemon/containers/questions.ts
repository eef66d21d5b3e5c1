/** The questions that an engine is asked, each with what its answer may be at most. */
import type { ContainerEngineName } from '../../shared/model/container.ts'
import {
  type ImageConfig,
  type Inspected,
  idSchema,
  imageSchema,
  inspectSchema,
  type Listed,
  listSchema,
  parseAs,
  versionSchema,
} from './answers.ts'
import type { Answer, Ask } from './ask.ts'

const MAX_LIST_BYTES = 16 * 1024 * 1024
const MAX_ONE_BYTES = 1024 * 1024
/** What is asked for was last compared with this version; an engine that only has others is asked in its own. */
const API_VERSION = [1, 47] as const

export interface EngineVersion {
  readonly engine: ContainerEngineName
  /** Put in front of each path, e.g. `/v1.41`. */
  readonly prefix: string
  /** As uname(2) tells it where its containers run; empty where it is not told. */
  readonly kernel: string
}

export type Failure = 'denied' | 'absent' | 'silent'
export type Asked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: Failure }

export interface Questions {
  version(): Promise<Asked<EngineVersion>>
  /** Of those it lists, what can be understood. */
  list(prefix: string): Promise<Asked<readonly Listed[]>>
  /** `gone`: it does not know of such a container. */
  inspect(prefix: string, id: string): Promise<Inspected | 'gone' | null>
  image(prefix: string, id: string): Promise<ImageConfig | null>
}

export function createQuestions(ask: Ask, socket: string): Questions {
  return {
    async version() {
      // The one path that has none before it (Docker Engine API, "Versioning").
      const answer = await ask(socket, '/version', MAX_ONE_BYTES)
      const told = parseAs(versionSchema, bodyOf(answer))
      if (told === null) return failed(answer)
      const isPodman = told.Components.some(({ Name }) => /podman/i.test(Name))
      const prefix = `/v${versionBetween(told.MinAPIVersion, told.ApiVersion)}`
      const engine = isPodman ? 'podman' : 'docker'
      return { ok: true, value: { engine, prefix, kernel: told.KernelVersion } }
    },
    async list(prefix) {
      const answer = await ask(socket, `${prefix}/containers/json?all=true`, MAX_LIST_BYTES)
      const told = parseAs(listSchema, bodyOf(answer))
      if (told === null) return failed(answer)
      return { ok: true, value: told.flatMap((each) => each ?? []) }
    },
    async inspect(prefix, id) {
      const answer = await ask(socket, `${prefix}/containers/${id}/json`, MAX_ONE_BYTES)
      if (answer.kind === 'answer' && answer.status === 404) return 'gone'
      const told = parseAs(inspectSchema, bodyOf(answer))
      // A short number is enough for an engine to find another one.
      return told?.Id === id ? told : null
    },
    async image(prefix, id) {
      if (!idSchema.safeParse(id.replace(/^sha256:/, '')).success) return null
      const answer = await ask(socket, `${prefix}/images/${id}/json`, MAX_ONE_BYTES)
      return parseAs(imageSchema, bodyOf(answer))?.Config ?? null
    },
  }
}

/** The filter is of the type alone: Podman 4.3 leaves `die` out where events are asked for by name. */
export function eventsPath(prefix: string): string {
  return `${prefix}/events?filters=${encodeURIComponent('{"type":["container"]}')}`
}

function bodyOf(answer: Answer): string | null {
  return answer.kind === 'answer' && answer.status === 200 ? answer.body : null
}

function failed(answer: Answer): { readonly ok: false; readonly why: Failure } {
  return { ok: false, why: answer.kind === 'answer' ? 'silent' : answer.kind }
}

/** Ours where the engine has it, else its nearest. */
function versionBetween(least: string, most: string): string {
  const ours = API_VERSION.join('.')
  if (isBefore(most, ours)) return most
  return isBefore(ours, least) ? least : ours
}

function isBefore(a: string, b: string): boolean {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA === majorB ? minorA < minorB : majorA < majorB
}
