/** Containers, and processes in them as Docker and Podman lay them out, for match tests. */
import { createGlances, emptyMatchState, matchServers } from '../../../daemon/match/match.ts'
import type { MatchState } from '../../../shared/model/attribution.ts'
import type { Container } from '../../../shared/model/container.ts'
import type { Process } from '../../../shared/model/process.ts'
import type { Server } from '../../../shared/model/server.ts'
import { digest, type ProcessFields, proc, recogniseClient, table } from './world.ts'

/** 64 digits of a small number. */
export function idOf(number: number): string {
  return number.toString(16).padStart(4, '0').padEnd(64, 'c')
}

/** A container whose first process has this pid, made when that began. */
export function container(
  number: number,
  pid: number | null,
  more: Partial<Container> = {},
): Container {
  return {
    id: idOf(number),
    engine: 'docker',
    name: `funny_${number}`,
    image: 'mcp/fetch',
    imageId: null,
    createdAt: (pid ?? 0) * 100 - 50,
    command: [],
    labels: new Map(),
    mounts: [],
    cidFile: null,
    interactive: true,
    network: 'own',
    published: [],
    pid,
    running: pid !== null,
    ...more,
  }
}

/** As root's engine: the shim is init's child, and the first process the shim's. */
export function docker(
  number: number,
  pid: number,
  line: readonly string[] = ['python3', '/app/server.py'],
  fields: ProcessFields = {},
): readonly [shim: Process, init: Process] {
  const id = idOf(number)
  const shim = proc(
    pid - 1,
    1,
    ['/usr/bin/containerd-shim-runc-v2', '-namespace', 'moby', '-id', id],
    { uid: 0, readable: false, executable: null, cgroup: '/system.slice/containerd.service' },
  )
  const cgroup = `/system.slice/docker-${id}.scope`
  const own = { uid: 0, readable: false, executable: null, netns: null, cgroup }
  return [shim, proc(pid, pid - 1, line, { ...own, ...fields })]
}

/** As a user's own Podman: below the monitor, which is the user's session's. */
export function podman(
  number: number,
  pid: number,
  line: readonly string[] = ['python3', '/app/server.py'],
  fields: ProcessFields = {},
): readonly [monitor: Process, init: Process] {
  const id = idOf(number)
  const slice = '/user.slice/user-1000.slice/user@1000.service/user.slice'
  const monitor = proc(pid - 1, 1, ['/usr/bin/conmon', '--api-version', '1', '-c', id, '-n', 'x'], {
    cgroup: `${slice}/libpod-conmon-${id}.scope`,
    stdin: 'null',
  })
  const cgroup = `${slice}/libpod-${id}.scope/container`
  return [monitor, proc(pid, pid - 1, line, { uid: 100_000, cgroup, ...fields })]
}

export function look(
  servers: readonly Server[],
  processes: readonly Process[],
  all: readonly Container[],
  previous: MatchState = emptyMatchState,
) {
  const containers = { all, engines: [] }
  const input = {
    previous,
    servers,
    table: table(processes),
    recogniseClient,
    digest,
    ownUid: 1000,
  }
  return matchServers({ ...input, containers }, createGlances())
}
