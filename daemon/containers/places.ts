/**
 * Where the sockets of container engines are: what the environment and Docker's current context name, and where each
 * engine puts its socket by itself (dockerd(8), podman-system-service(1), the manuals of Docker Desktop, Colima, Lima,
 * OrbStack and Rancher Desktop). Pure.
 */
import type { ContainerEngineName } from '../../shared/model/container.ts'

export interface PlaceInput {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly uid: number
  /** The host of Docker's current context, e.g. `unix:///run/docker.sock`; null for none, or the built-in one. */
  readonly context: string | null
}

export interface Place {
  /** What it is called before it told so itself. */
  readonly engine: ContainerEngineName
  /** Absolute path of a socket. */
  readonly path: string
}

export interface Places {
  readonly sockets: readonly Place[]
  /** Reached over a network: never connected to. Only how it is reached is kept, for a URL can hold a password. */
  readonly elsewhere: readonly Place[]
}

const DOCKER_IN_HOME = [
  '.docker/run/docker.sock',
  '.docker/desktop/docker.sock',
  '.colima/default/docker.sock',
  '.config/colima/default/docker.sock',
  '.orbstack/run/docker.sock',
  '.lima/default/sock/docker.sock',
  '.lima/docker/sock/docker.sock',
  '.rd/docker.sock',
]
const PODMAN_IN_HOME = ['.local/share/containers/podman/machine/podman.sock']

export function enginePlaces({ env, home, uid, context }: PlaceInput): Places {
  const runtime = absolute(env['XDG_RUNTIME_DIR']) ?? `/run/user/${uid}`
  const named = [
    hostOf('docker', env['DOCKER_HOST']),
    hostOf('podman', env['CONTAINER_HOST']),
    hostOf('docker', context ?? undefined),
  ].flatMap((each) => each ?? [])
  const usual: Place[] = [
    ...['/var/run/docker.sock', `${runtime}/docker.sock`].map(docker),
    ...DOCKER_IN_HOME.map((path) => docker(`${home}/${path}`)),
    ...['/run/podman/podman.sock', `${runtime}/podman/podman.sock`].map(podman),
    ...PODMAN_IN_HOME.map((path) => podman(`${home}/${path}`)),
  ]
  const sockets = [...named.filter(({ isLocal }) => isLocal), ...usual]
  return {
    sockets: distinct(sockets),
    elsewhere: distinct(named.filter(({ isLocal }) => !isLocal)),
  }
}

const docker = (path: string): Place => ({ engine: 'docker', path })
const podman = (path: string): Place => ({ engine: 'podman', path })

/** `unix:///path` is of this machine; `tcp://`, `ssh://` and the like are not, or need not be. */
function hostOf(
  engine: ContainerEngineName,
  host: string | undefined,
): (Place & { readonly isLocal: boolean }) | null {
  const match = /^([a-z][a-z0-9+.-]{0,20}):\/\/(.*)$/s.exec(host ?? '')
  if (match === null) return null
  const [, scheme, rest] = match
  if (scheme !== 'unix') return { engine, path: `${scheme}://`, isLocal: false }
  const path = absolute(rest)
  return path === null ? null : { engine, path, isLocal: true }
}

/** sun_path of unix(7) has 108 bytes, the last one a NUL. */
function absolute(path: string | undefined): string | null {
  return path?.startsWith('/') === true && !path.includes('\0') && Buffer.byteLength(path) < 108
    ? path
    : null
}

function distinct(places: readonly Place[]): Place[] {
  const byPath = new Map<string, Place>()
  for (const { engine, path } of places) if (!byPath.has(path)) byPath.set(path, { engine, path })
  return [...byPath.values()]
}
