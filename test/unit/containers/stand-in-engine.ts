/** An engine's socket that gives recorded answers, and what a test puts in their place. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask, followEvents } from '../../../daemon/containers/ask.ts'
import type { ContainerSourceDeps } from '../../../daemon/containers/container-source.ts'
import type { Kernel } from '../../../daemon/containers/sight.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/docker-api')
export const recorded = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8')

/** The containers of the recorded answers. */
export const FETCH = 'a1'.repeat(32)
export const TIME = 'b2'.repeat(32)
export const SIDE = 'c3'.repeat(32)

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

export async function standInEngine(): Promise<StandInEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'mcpw-'))
  const socket = join(folder, 'engine.sock')
  const followers = new Set<ServerResponse>()
  const asked: string[] = []
  let connections = 0
  const routes = new Map<string, Responder>([
    ['/version', recorded('version-1.47.json')],
    ['/containers/json', recorded('list.json')],
    [`/containers/${FETCH}/json`, recorded('inspect-fetch.json')],
    [`/containers/${TIME}/json`, recorded('inspect-time.json')],
    [`/containers/${SIDE}/json`, recorded('inspect-side.json')],
    [`/images/sha256:${'f1'.repeat(32)}/json`, recorded('image-fetch.json')],
    [`/images/sha256:${'71'.repeat(32)}/json`, recorded('image-time.json')],
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
    const path = (request.url ?? '').replace(/\?.*$/, '').replace(/^\/v\d+\.\d+/, '')
    const route = routes.get(path)
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
    release: '6.1.0-31-amd64',
    read(path) {
      const pid = Number(/^\/proc\/(\d+)\/cgroup$/.exec(path)?.[1])
      if (pid === 1) return '0::/init.scope\n'
      const id = processes.get(pid)
      return id === undefined ? null : `0::/system.slice/docker-${id}.scope\n`
    },
    isAlive: (pid) => processes.has(pid),
    program: () => null,
  }
}

export const running = (): Map<number, string> =>
  new Map([
    [4242, FETCH],
    [4300, SIDE],
  ])

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
