/** Containers as an engine on this machine tells of them (Docker Engine API v1.41, which Podman answers too). */
import type { EpochMs } from './ids.ts'

export const CONTAINER_ENGINES = ['docker', 'podman'] as const
export type ContainerEngineName = (typeof CONTAINER_ENGINES)[number]

/** `own`: a network namespace that no other container and not the host has. */
export type ContainerNetwork = 'own' | 'none' | 'host' | 'shared' | 'unknown'

/**
 * One container. `command`, `labels` and `mounts` are for matching only: never stored, logged or shown. Environment
 * values are not taken from the answer at all.
 */
export interface Container {
  /** 64 hexadecimal digits. */
  readonly id: string
  readonly engine: ContainerEngineName
  /** Without the slash in front. */
  readonly name: string
  /** As asked for, e.g. `mcp/fetch:latest`. */
  readonly image: string
  /** `sha256:…`; null where it was not told. */
  readonly imageId: string | null
  readonly createdAt: EpochMs
  /** What stands behind the image on the command line that made it; empty for the image's own. */
  readonly command: readonly string[]
  readonly labels: ReadonlyMap<string, string>
  /** Host side of bind mounts and names of volumes, each with where it is mounted: `/host:/inside`. */
  readonly mounts: readonly string[]
  /** Absolute path of the file that was asked for with `--cidfile`; null for none. */
  readonly cidFile: string | null
  /** Its standard input is kept open: whoever made it talks to it. */
  readonly interactive: boolean
  /** Who made it with its input open did not stay to talk to it; left out where that is not told. */
  readonly detached?: boolean
  readonly network: ContainerNetwork
  /** Ports of this machine that lead to it (TCP). */
  readonly published: readonly {
    readonly hostPort: number
    readonly port: number
    /** Of this machine; left out, empty or unspecified for all of them. */
    readonly address?: string
  }[]
  /**
   * Its first process, by its number on this machine, checked against that process' control group. Null where it does
   * not run, or not under this kernel (a virtual machine, another host).
   */
  readonly pid: number | null
  readonly running: boolean
}

/** What became of asking one engine. `place` is the path of its socket. */
export interface ContainerEngineState {
  readonly engine: ContainerEngineName
  readonly place: string
  /** `elsewhere`: it answers, and its processes do not run under this kernel. */
  readonly state: 'answers' | 'denied' | 'silent' | 'elsewhere'
}

/** The same object while nothing changed. Containers that ended stay listed while their engine lists them. */
export interface Containers {
  readonly all: readonly Container[]
  readonly engines: readonly ContainerEngineState[]
}

export const NO_CONTAINERS: Containers = { all: [], engines: [] }

const NAMED_NETNS = 'container:'

/**
 * Stands for the network namespace of a container whose processes may not be looked into, so that its number is not
 * told. Only for a container that shares its network with nobody.
 */
export function containerNetns(id: string): string {
  return `${NAMED_NETNS}${id.slice(0, 12)}`
}

export function isContainerNetns(netns: string | null): netns is string {
  return netns?.startsWith(NAMED_NETNS) === true
}
