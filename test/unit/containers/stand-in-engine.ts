/** An engine's socket that gives recorded answers, and what a test puts in their place. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask, followEvents } from '../../../daemon/containers/ask.ts'
import type { ContainerSourceDeps } from '../../../daemon/containers/container-source.ts'
import type { Kernel } from '../../../daemon/containers/sight.ts'
import { answers, groupsOf, running, version } from './recorded.ts'

type Responder = string | ((response: ServerResponse, request: IncomingMessage) => void)

export interface StandInEngine {
  readonly socket: string
  /** By path, without the version in front and the question behind. */
  readonly routes: Map<string, Responder>
  /** Method and path of each question, in order. */
  readonly asked: string[]
  /** Tells those that follow. */
  emit(text: string): void
  followers(): number
  connections(): number
  close(): Promise<void>
}

const bare = (path: string): string => path.replace(/\?.*$/, '').replace(/^\/v\d+\.\d+/, '')

export async function standInEngine(): Promise<StandInEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'mcpw-'))
  const socket = join(folder, 'engine.sock')
  const followers = new Set<ServerResponse>()
  const asked: string[] = []
  let connections = 0
  const routes = new Map<string, Responder>([
    ...Object.entries(answers).map(([path, told]) => [bare(path), JSON.stringify(told)] as const),
    [
      '/events',
      (response) => {
        followers.add(response)
        response.on('close', () => followers.delete(response))
        response.flushHeaders()
      },
    ],
  ])
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const route = routes.get(bare(request.url ?? ''))
    if (route === undefined) response.writeHead(404).end('{"message":"no such thing"}')
    else if (typeof route === 'string') response.end(route)
    else route(response, request)
  })
  server.on('connection', () => {
    connections += 1
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return {
    socket,
    routes,
    asked,
    emit(text) {
      for (const each of followers) each.write(text)
    },
    followers: () => followers.size,
    connections: () => connections,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A kernel that has the processes of the recorded answers, and process 1. */
export function recordedKernel(processes: ReadonlyMap<number, string>): Kernel {
  return {
    isLinux: true,
    release: version().KernelVersion,
    read(path) {
      const pid = Number(/^\/proc\/(\d+)\/cgroup$/.exec(path)?.[1])
      if (pid === 1) return '0::/init.scope\n'
      const id = processes.get(pid)
      return id === undefined ? null : groupsOf(id)
    },
    isAlive: (pid) => processes.has(pid),
    program: () => null,
  }
}

export function sourceDeps(
  socket: string,
  changes: Partial<ContainerSourceDeps> = {},
): ContainerSourceDeps {
  const place = { engine: 'docker', path: socket } as const
  return {
    findSockets: async () => ({ sockets: [place], denied: [], elsewhere: [] }),
    ask,
    follow: followEvents,
    kernel: recordedKernel(running()),
    clock: { monotonicMs: () => performance.now() },
    log: { warn: () => undefined },
    // Nobody's monitors: those that run on the tester's machine do not count.
    uids: new Set(),
    ...changes,
  }
}
