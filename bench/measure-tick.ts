/**
 * What a tick costs without the engine's own look at the sockets: listing processes, matching, merging, judging,
 * committing. The engine is one that hands over the same batch again and again.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { composePorts, thisMachine } from '../daemon/compose.ts'
import { prepareStateFolder } from '../daemon/host/folders.ts'
import { createPipeline } from '../daemon/pipeline.ts'
import type { CaptureEngine, CaptureSink, Log } from '../daemon/ports.ts'
import { openStore } from '../daemon/store/store.ts'
import type { Batch, WatchedProcess } from '../shared/model/observation.ts'
import type { Figure } from './figure.ts'
import type { Place } from './place.ts'
import { createWorkload, SERVERS } from './workload.ts'

const BAR_MS = 2
const WARM_UP_TICKS = 300
const SOCKETS = 5

export async function measureTick(
  { source, home }: Place,
  seconds: number,
): Promise<readonly Figure[]> {
  const workload = await createWorkload(source, home)
  const servers = await workload.startServers({ churnMs: 0, tour: false })
  const idle = await tickMs(home, seconds, 0)
  const busy = await tickMs(home, seconds, SOCKETS)
  await servers.stop()
  await workload.stop()
  return [
    figureOf('a tick without the engine, idle servers', idle, BAR_MS),
    figureOf(`a tick without the engine, ${SERVERS * SOCKETS} open connections`, busy, null),
  ]
}

interface Cost {
  readonly ms: number
  readonly ticks: number
}

function figureOf(name: string, { ms, ticks }: Cost, atMost: number | null): Figure {
  return { name, value: ms, unit: 'ms', note: `${SERVERS} servers; ${ticks} ticks`, atMost }
}

const SILENT: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

async function tickMs(home: string, seconds: number, sockets: number): Promise<Cost> {
  const machine = thisMachine({ home, env: { HOME: home } })
  prepareStateFolder(machine.folders.state, machine.uid)
  const store = openStore({ folder: machine.folders.state, clock: machine.clock, log: SILENT })
  const wishes = { engine: 'ss', intervalMs: null } as const
  const ports = composePorts(machine, wishes, Buffer.alloc(32, 1), SILENT, {
    ok: false,
    reason: 'koffi-missing',
    cause: null,
  })
  const engine = createReplay(ports.engine, sockets)
  const pipeline = createPipeline(
    { ...ports, engine },
    store.memory(),
    ports.discoverer.read(),
    (view) => store.commit(view.result),
    (error) => {
      throw error
    },
  )
  pipeline.start()
  const run = async (count: number): Promise<void> => {
    for (let tick = 0; tick < count; tick += 1) await engine.tick()
  }
  await run(WARM_UP_TICKS)
  const before = process.cpuUsage()
  let ticks = 0
  for (const until = performance.now() + seconds * 500; performance.now() < until; ticks += 50)
    await run(50)
  const { user, system } = process.cpuUsage(before)
  const { instances } = pipeline.known()
  await pipeline.stop()
  store.close()
  if (instances.length !== SERVERS) throw new Error(`${instances.length} instances were found`)
  return { ms: (user + system) / 1_000 / ticks, ticks }
}

interface Replay extends CaptureEngine {
  tick(): Promise<void>
}

/** The description of a real engine, and rows for the watched processes as it would find them. */
function createReplay(real: CaptureEngine, sockets: number): Replay {
  let sink: CaptureSink | null = null
  let watched: readonly WatchedProcess[] = []
  return {
    describe: () => real.describe(),
    start: (given) => {
      sink = given
    },
    watch: (processes) => {
      watched = processes
    },
    hurry() {},
    stop: async () => undefined,
    tick: async () => {
      await sink?.prepare()
      sink?.accept(batchOf(watched, sockets))
      await nextTurn()
    },
  }
}

function batchOf(watched: readonly WatchedProcess[], sockets: number): Batch {
  const at = Date.now()
  const members = watched.filter(({ kind }) => kind === 'member')
  const rows = members.flatMap(({ key, pid, netns }) =>
    Array.from({ length: sockets }, (_, i) => ({
      protocol: 'tcp' as const,
      state: 'established' as const,
      local: { address: '198.51.100.2', port: 20_000 + (pid % 4_000) * 10 + i, zone: null },
      remote: { address: '203.0.113.10', port: 443, zone: null },
      inode: pid * 10 + i,
      cookie: null,
      uid: 0,
      cgroup: netns === null ? null : '/',
      holders: [{ process: key, pid }],
    })),
  )
  const snapshot = { kind: 'snapshot', netns: 'net:[1]', at, hostWide: true, rows } as const
  return { at, snapshots: [{ ...snapshot, complete: true }], unreadable: [] }
}
