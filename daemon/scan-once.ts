/** One look: no daemon, and a database that lives in memory for the length of the question. */
import type { Scan } from '../shared/contract/answers.ts'
import { McpWatchError } from '../shared/errors.ts'
import { NO_CONTAINERS } from '../shared/model/container.ts'
import { NO_DRIFT_MEMORY } from '../shared/model/drift.ts'
import type { EngineName } from '../shared/model/observation.ts'
import { composePorts, thisMachine } from './compose.ts'
import { containersNow, foundOnce } from './compose-containers.ts'
import { silentLog } from './host/log.ts'
import { temporarySalt } from './host/salt.ts'
import { loadNative } from './native/load.ts'
import { createPipeline, type View } from './pipeline.ts'
import { openMemoryArchive } from './query/archive.ts'
import { mayRunInContainers } from './tick/containers.ts'

/** Throws McpWatchError: NO_ENGINE, TOOL_FAILED when no sample could be taken in `TIME_LIMIT_MS`. */
export async function scanOnce({ engine }: { engine: EngineName | null }): Promise<Scan> {
  const machine = thisMachine()
  const wishes = { engine, intervalMs: SETTLE_MS }
  const loaded = await loadNative()
  const ports = composePorts(machine, wishes, temporarySalt(), silentLog, loaded)
  const { store, archive } = openMemoryArchive(machine.clock)
  const from = machine.clock.wallMs()
  try {
    const isAsked = mayRunInContainers(ports.discoverer.read().servers)
    const containers = foundOnce(isAsked ? await containersNow(machine) : NO_CONTAINERS)
    const views = await takeLooks({ ...ports, containers, containerPatienceMs: 0 })
    for (const { result } of views) store.commit(result)
    const last = views.at(-1)
    const { generatedAt, coverage, servers, findings, schemaVersion } = archive.report(
      { from, to: machine.clock.wallMs() },
      {},
    )
    return {
      schemaVersion,
      generatedAt,
      configurations: [...(last?.discovery.files ?? [])],
      diagnostics: [...(last?.discovery.diagnostics ?? [])],
      coverage,
      servers,
      findings,
    }
  } finally {
    archive.close()
    store.close()
  }
}

/** Two looks: the second settles who is behind a loopback port and which registry a launcher may ask. */
const LOOKS = 2
const SETTLE_MS = 500
const TIME_LIMIT_MS = 15_000

async function takeLooks(ports: Parameters<typeof createPipeline>[0]): Promise<readonly View[]> {
  const views: View[] = []
  let settle: () => void = () => {}
  let giveUp: (error: Error) => void = () => {}
  const done = new Promise<void>((resolve, reject) => {
    settle = resolve
    giveUp = reject
  })
  const discovery = ports.discoverer.read()
  const pipeline = createPipeline(ports, EMPTY, discovery, (view) => {
    views.push(view)
    if (views.length >= LOOKS) settle()
  })
  const limit = setTimeout(() => {
    const error = new McpWatchError('TOOL_FAILED', 'no sample could be taken', {
      hint: 'try the other engine with --engine',
    })
    if (views.length > 0) settle()
    else giveUp(error)
  }, TIME_LIMIT_MS)
  pipeline.start()
  try {
    await done
  } finally {
    clearTimeout(limit)
    await pipeline.stop()
  }
  return views
}

const EMPTY = {
  openConnections: [],
  openInstances: [],
  findings: [],
  deliveries: [],
  knownDestinations: [],
  reached: [],
  drift: NO_DRIFT_MEMORY,
  projectFolders: [],
  lastTickAt: null,
}
