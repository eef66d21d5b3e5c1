/** An engine's answer about one container → `Container`. Pure. */
import type {
  Container,
  ContainerEngineName,
  ContainerNetwork,
} from '../../shared/model/container.ts'
import type { ImageConfig, Inspected } from './answers.ts'

/** A container, and what of it is settled only beside the others and with the kernel. */
export interface Told {
  /** `pid` is null: see `sightOf`. */
  readonly container: Container
  /** As the engine tells it; null where it does not run. */
  readonly toldPid: number | null
  /** Id or name of the container whose network it shares. */
  readonly joins: string | null
}

/** Of what is kept of one container, in characters: an engine that says more is not believed. */
const MOST_KEPT = 64 * 1024
const NAME = /^\/?([a-zA-Z0-9][a-zA-Z0-9_.-]{0,252})$/

/** Null for an answer that no engine gives. `image` null: what stands in the image is not known. */
export function containerOf(
  engine: ContainerEngineName,
  answer: Inspected,
  image: ImageConfig | null,
): Told | null {
  const { Config, HostConfig, State } = answer
  const name = NAME.exec(answer.Name)?.[1]
  const createdAt = Date.parse(answer.Created)
  if (name === undefined || !Number.isFinite(createdAt)) return null
  const { network, joins } = networkOf(HostConfig.NetworkMode)
  const container: Container = {
    id: answer.Id,
    engine,
    name,
    image: Config.Image,
    imageId: imageIdOf(answer.Image),
    createdAt,
    command: commandOf(Config, image),
    labels: new Map(Object.entries(Config.Labels ?? {})),
    mounts: (answer.Mounts ?? []).flatMap(mountOf),
    cidFile: HostConfig.ContainerIDFile.startsWith('/') ? HostConfig.ContainerIDFile : null,
    interactive: Config.OpenStdin,
    ...detachedOf(engine, Config),
    network,
    published: State.Running ? publishedOf(answer.NetworkSettings.Ports) : [],
    pid: null,
    running: State.Running,
  }
  const told = State.Running && State.Pid > 1 ? State.Pid : null
  return keyOf(container).length > MOST_KEPT ? null : { container, toldPid: told, joins }
}

/** Docker's command line has the input of what it stays with end with it; Podman tells the same of all. */
function detachedOf(
  engine: ContainerEngineName,
  { OpenStdin, StdinOnce }: Inspected['Config'],
): Pick<Container, 'detached'> {
  if (engine !== 'docker' || !OpenStdin || typeof StdinOnce !== 'boolean') return {}
  return { detached: !StdinOnce }
}

/** Two containers of the same key are the same in everything. */
export function keyOf(container: Container): string {
  return JSON.stringify({ ...container, labels: [...container.labels] })
}

/** Engines tell the image's own words where the command line had none (Dockerfile reference, CMD and ENTRYPOINT). */
export function commandOf(
  { Cmd, Entrypoint }: ImageConfig,
  image: ImageConfig | null,
): readonly string[] {
  const isOwn = image !== null && isSame(Cmd, image.Cmd) && isSame(Entrypoint, image.Entrypoint)
  return isOwn ? [] : Cmd
}

export function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, index) => word === b[index])
}

/** Docker writes the algorithm before it, Podman does or does not. */
export function imageIdOf(text: string): string | null {
  const digits = /^(?:sha256:)?([0-9a-f]{64})$/.exec(text)?.[1]
  return digits === undefined ? null : `sha256:${digits}`
}

function networkOf(mode: string): { network: ContainerNetwork; joins: string | null } {
  if (mode === '') return { network: 'unknown', joins: null }
  if (mode === 'none' || mode === 'host') return { network: mode, joins: null }
  if (mode.startsWith('container:'))
    return { network: 'shared', joins: mode.slice('container:'.length) }
  // Podman's `ns:PATH`: a namespace that somebody else made, of which nothing is known.
  if (mode.startsWith('ns:')) return { network: 'shared', joins: null }
  // A bridge by any name, Podman's pasta and slirp4netns.
  return { network: 'own', joins: null }
}

function publishedOf(ports: Inspected['NetworkSettings']['Ports']): Container['published'] {
  const all = Object.entries(ports ?? {}).flatMap(([key, bindings]) => {
    const port = portOf(/^(\d{1,5})\/tcp$/.exec(key)?.[1])
    return (bindings ?? []).flatMap(({ HostIp: address, HostPort }) => {
      const hostPort = portOf(HostPort)
      return port === null || hostPort === null ? [] : [{ hostPort, port, address }]
    })
  })
  return all
}

function portOf(text: string | undefined): number | null {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0
  return port > 0 && port < 65_536 ? port : null
}

function mountOf({ Type, Name, Source, Destination }: NonNullable<Inspected['Mounts']>[number]) {
  const from = Type === 'bind' ? Source : Type === 'volume' ? Name : ''
  return from === '' || Destination === '' ? [] : [`${from}:${Destination}`]
}
