/** A pipeline on fakes: the test is the operating system. */
import { noContainers } from '../../../daemon/containers/no-containers.ts'
import { createPipeline, type View } from '../../../daemon/pipeline.ts'
import type {
  CaptureSink,
  Discoverer,
  ListenerOwners,
  PolicyInForce,
} from '../../../daemon/ports.ts'
import { noStdinPeers } from '../../../daemon/processes/stdin-peers.ts'
import type { Batch, SocketRow, WatchedProcess } from '../../../shared/model/observation.ts'
import { DEFAULT_POLICY } from '../../../shared/model/policy.ts'
import type { Process } from '../../../shared/model/process.ts'
import type { Discovery, Server } from '../../../shared/model/server.ts'
import type { Memory } from '../../../shared/model/tick.ts'
import { batchOf, makeProcess, tableOf } from '../connections/build.ts'
import { makeServer, noMemory } from '../judge/build.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

export const MEMORY_SCRIPT = {
  path: '/opt/memory/dist/index.js',
  realPath: '/opt/memory/dist/index.js',
  package: { ecosystem: 'npm', name: '@modelcontextprotocol/server-memory', version: '1.0.0' },
} as const

/** A server that the catalogue knows as local-only, started as `node /opt/memory/dist/index.js`. */
export const memoryServer: Server = makeServer('memory', {
  launch: {
    command: { kind: 'literal', value: 'node' },
    args: [{ kind: 'literal', value: MEMORY_SCRIPT.path }],
    cwd: null,
    script: MEMORY_SCRIPT,
  },
})

export const client = makeProcess(10, 1, { executable: '/opt/cursor', comm: 'cursor' })
export const memoryProcess = makeProcess(20, 10, {
  argv: ['node', MEMORY_SCRIPT.path],
  script: MEMORY_SCRIPT,
})

export interface Bench {
  readonly views: View[]
  readonly faults: unknown[]
  readonly folders: string[][]
  readonly watched: () => readonly WatchedProcess[]
  /** The hosts asked for, tick by tick. */
  readonly wanted: string[][]
  /** Shown by the next list of processes alone, in place of what is listed with their numbers. */
  readonly showOnce: (processes: readonly Process[]) => void
  readonly configure: (servers: readonly Server[]) => void
  readonly decide: (now: PolicyInForce) => void
  /** This host's own addresses from now on. */
  readonly readdress: (addresses: readonly string[]) => void
  /** One sample: the processes and rows of the moment, `laterMs` after the last one. */
  readonly sample: (
    rows: readonly SocketRow[],
    processes?: readonly Process[],
    laterMs?: number,
    more?: Partial<Batch>,
  ) => Promise<View>
  readonly fail: (error: unknown) => void
  readonly sleep: (ms: number) => void
  /** With these rows in the engine's last batch; who was asked and ended then, in order. */
  readonly stop: (rows: readonly SocketRow[]) => Promise<readonly string[]>
}

/** `known` is the address of api.test. */
export function bench(
  memory: Memory = noMemory,
  known = '203.0.113.10',
  listenerOwners: ListenerOwners = { ownerOf: async () => ({ kind: 'none' }) },
): Bench {
  let asleepMs = 0
  let selfAddresses: ReadonlySet<string> = new Set(['192.168.1.5'])
  let time = 0
  const discovery = (servers: readonly Server[]): Discovery => ({
    servers,
    files: [{ client: 'cursor', file: '/home/u/.cursor/mcp.json', servers: servers.length }],
    diagnostics: [],
    changedAt: new Map(),
  })
  let decide: (now: PolicyInForce) => void = () => {}
  const wanted: string[][] = []
  let change: (next: Discovery) => void = () => {}
  let sink: CaptureSink | null = null
  let processes: readonly Process[] = [client, memoryProcess]
  let shownOnce: readonly Process[] = []
  const list = () => {
    const now = tableOf(...processes, ...shownOnce)
    shownOnce = []
    return now
  }
  let watched: readonly WatchedProcess[] = []
  const views: View[] = []
  const faults: unknown[] = []
  const folders: string[][] = []
  const discoverer: Discoverer = {
    read: () => discovery([memoryServer]),
    watch(onChange) {
      change = onChange
    },
    setWorkingFolders(list) {
      folders.push([...list])
      return null
    },
    stop() {},
  }
  const wall = (): number => 1_000_000 + time + asleepMs
  /** What was asked of the engine and the host book at the end. */
  const ended: string[] = []
  let lastRows: readonly SocketRow[] | null = null
  const pipeline = createPipeline(
    {
      clock: { wallMs: wall, monotonicMs: () => time },
      log: silent,
      discoverer,
      processes: { method: 'proc', sample: async () => list(), see: () => [] },
      engine: {
        describe: () => ({ name: 'ss', intervalMs: 1_000, expectedRecall: 1, degraded: [] }),
        start(to) {
          sink = to
        },
        watch(list) {
          watched = list
        },
        hurry() {},
        stop: async () => {
          if (lastRows !== null) sink?.accept(batchOf(wall(), lastRows))
          ended.push('engine')
        },
      },
      stdinPeers: noStdinPeers,
      containers: noContainers,
      listenerOwners,
      registry: { registryFor: () => ({ kind: 'unknown' }), stop() {} },
      hostFacts: {
        current: () => ({
          selfAddresses,
          nameservers: new Set(),
          proxyPorts: new Set(),
        }),
      },
      policy: {
        state: () => ({ policy: DEFAULT_POLICY, diagnostics: [] }),
        watch(onChange) {
          decide = onChange
        },
        stop() {},
      },
      hostBook: {
        want: (hosts) => {
          wanted.push([...hosts])
          if (lastRows !== null) ended.push('want')
        },
        namesOf: (address) =>
          address === known ? [{ host: 'api.test', at: 1, shared: false, isPublic: true }] : [],
        freshness: () => 'fresh',
        varies: () => false,
        stop: () => void ended.push('host book'),
      },
      recogniseClient: ({ executable }) => (executable === '/opt/cursor' ? 'cursor' : null),
      digest: (text) => text,
      exists: () => false,
      bootId: 'boot',
    },
    memory,
    discoverer.read(),
    (view) => views.push(view),
    (error) => faults.push(error),
  )
  pipeline.start()
  return {
    views,
    faults,
    folders,
    wanted,
    decide: (now) => decide(now),
    readdress(addresses) {
      selfAddresses = new Set(addresses)
    },
    watched: () => watched,
    showOnce(once) {
      shownOnce = once
    },
    configure: (servers) => change(discovery(servers)),
    async sample(rows, now = processes, laterMs = 1_000, more = {}) {
      processes = now
      time += laterMs
      await sink?.prepare()
      sink?.accept({ ...batchOf(wall(), rows), ...more })
      const view = views.at(-1)
      if (view === undefined) throw new Error('no tick came of the sample')
      return view
    },
    async stop(rows) {
      lastRows = rows
      await pipeline.stop()
      return ended
    },
    fail: (error) => sink?.fail(error),
    sleep(ms) {
      asleepMs += ms
    },
  }
}
