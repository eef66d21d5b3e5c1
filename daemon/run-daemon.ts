/** The life of the daemon: lock, store, engine, API, and the same backwards. */
import type { DaemonFile, Health, Status, WatchEvent } from '../shared/contract/answers.ts'
import { SCHEMA_VERSION } from '../shared/contract/common.ts'
import type { Explanation, Question } from '../shared/contract/explain.ts'
import type { EngineName } from '../shared/model/observation.ts'
import { iso } from '../shared/text/iso.ts'
import { VERSION } from '../shared/version.ts'
import { createAlerts } from './alerts.ts'
import { createApi } from './api/create-api.ts'
import { listenAgain, listenOnSocket } from './api/listen.ts'
import { listenOnTcp } from './api/tcp.ts'
import { readToken } from './api/token.ts'
import { composePorts, thisMachine } from './compose.ts'
import { createDataDesk } from './data-desk.ts'
import { asUser, asUserNow } from './host/as-user.ts'
import { removeDaemonFile, writeDaemonFile } from './host/daemon-file.ts'
import { prepareStateFolder } from './host/folders.ts'
import { openLog } from './host/log.ts'
import { createOwnFiles, type OwnFiles } from './host/own-files.ts'
import { readSalt } from './host/salt.ts'
import { heard, STATUS_TEXTS, type Supervisor } from './host/sd-notify.ts'
import type { Machine } from './machine.ts'
import { loadNative } from './native/load.ts'
import { createPipeline, type Pipeline, type View } from './pipeline.ts'
import { createUsageSource } from './processes/usage-source.ts'
import { type Archive, openArchive } from './query/archive.ts'
import { explain } from './query/explain.ts'
import type { Sandbox } from './sandbox.ts'
import { socketPlaceOf } from './socket-place.ts'
import { lockState } from './state-lock.ts'
import { createKeeper } from './store/keeper.ts'
import type { StateLock } from './store/lock.ts'
import { openStore } from './store/store.ts'
import { openSupervisor } from './supervisor.ts'
import { createWriter } from './tick/writer.ts'
import { createEventLog } from './view/event-log.ts'
import { notDown } from './view/not-down.ts'
import { createStatusReader } from './view/status-reader.ts'
import { createTrouble } from './view/trouble.ts'

export interface DaemonOptions {
  readonly engine: EngineName | null
  readonly intervalMs: number | null
  /** Of the API over TCP: 0 is none, null the usual one or, where that is taken, any. Left out in a sandbox: none. */
  readonly port?: number | null
  /** In place of this user's home folder and environment. */
  readonly sandbox?: Sandbox
  readonly onEvent: (event: WatchEvent) => void
  /** Called after each tick, at most once a second, with the state of the moment. */
  readonly onStatus?: (status: Status) => void
}

export interface RunningDaemon {
  readonly pid: number
  readonly logFile: string
  readonly socket: string
  /** Of the API over TCP, null where it is not on any; `moved` when the usual one was taken. */
  readonly tcp: { readonly port: number | null; readonly moved: boolean }
  /** Whose clients are watched, where that is not plain (sudo); else null. */
  readonly notice: string | null
  status(): Promise<Status>
  stop(): Promise<void>
}

/** Throws McpWatchError: DAEMON_RUNNING, STATE_FOLDER, NO_ENGINE, DATABASE_NEWER, NATIVE_MODULE, PORT_TAKEN. */
export async function runDaemon(options: DaemonOptions): Promise<RunningDaemon> {
  const machine = thisMachine(options.sandbox)
  const { folders, owner, uid } = machine
  const supervisor = await openSupervisor(machine)
  const closers: (() => void | Promise<void>)[] = []
  const closeAll = async (): Promise<void> => {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close()
  }
  // All that makes files is done as the user whose files they are; watching then goes on with all rights there are.
  const { daemon, pipeline, stopping } = await asUser(owner, async () => {
    try {
      prepareStateFolder(folders.state, owner?.uid ?? uid)
      const lock = lockState(folders.state)
      closers.push(() => lock.release())
      return await begin(machine, options, closers, supervisor, lock)
    } catch (error) {
      await closeAll()
      throw error
    }
  })
  pipeline.start()
  supervisor.ready()
  return {
    ...daemon,
    async stop() {
      stopping()
      supervisor.stopping()
      await pipeline.stop()
      await asUser(owner, closeAll)
      options.onEvent({
        event: 'stopped',
        time: iso(machine.clock.wallMs()),
        reason: 'asked to',
      })
    },
  }
}

interface Begun {
  readonly daemon: Omit<RunningDaemon, 'stop'>
  /** Not started yet. */
  readonly pipeline: Pipeline
  readonly stopping: () => void
}

async function begin(
  machine: Machine,
  options: DaemonOptions,
  closers: (() => void | Promise<void>)[],
  supervisor: Supervisor,
  lock: StateLock,
): Promise<Begun> {
  const { clock, folders } = machine
  const startedAt = iso(clock.wallMs())
  const logFile = openLog(folders.state)
  closers.push(() => logFile.close())
  const { log } = logFile
  const trouble = createTrouble(clock, options.onEvent)
  let ownFiles: OwnFiles | null = null
  const store = openStore({
    folder: folders.state,
    clock,
    log,
    onNotice(notice) {
      trouble.notice(notice)
      ownFiles?.putBack()
    },
    isOurs: lock.keep,
    asOwner: (work) => asUserNow(machine.owner, work),
  })
  closers.push(() => store.close())
  const opened = openArchive({ folder: folders.state })
  closers.push(() => opened.close())
  const archive: Archive = {
    ...opened,
    report: (...asked) => notDown(opened.report(...asked), health().status),
  }

  const loaded = await loadNative()
  const picked = composePorts(machine, options, readSalt(folders.state), log, loaded)
  const beat = (): void => {
    supervisor.beat()
    supervisor.status(STATUS_TEXTS[health().status])
  }
  const ports = { ...picked, engine: heard(picked.engine, beat) }
  const writer = createWriter(store, log)
  const keeper = createKeeper({
    tend: (work) => store.tend(work),
    clock,
    log,
    settings: () => ports.policy.state().policy.retention,
    later: (step) => void setImmediate(step),
  })
  closers.push(() => keeper.stop())
  const memory = store.memory()
  const discovery = ports.discoverer.read()
  const events = createEventLog(memory.findings, options.onEvent)
  const alerts = createAlerts(machine, ports, store, memory, () => pipeline.known().table)
  closers.push(() => alerts.stop())
  let lastTickAt: number | null = memory.lastTickAt
  const health = (): Health => ({
    schemaVersion: SCHEMA_VERSION,
    status: trouble.health(!writer.failing()),
    version: VERSION,
    pid: process.pid,
    startedAt,
    lastTickAt: lastTickAt === null ? null : iso(lastTickAt),
  })
  const status = createStatusReader({ archive, health, clock, usage: createUsageSource(clock) })
  const pipeline = createPipeline(
    ports,
    memory,
    discovery,
    (view: View) => {
      lastTickAt = view.at
      trouble.tick(writer.write(view.result))
      events.tick(view)
      alerts.tick(view)
      status.tick(view, options.onStatus)
      keeper.tick()
      ownFiles?.look()
    },
    trouble.fault,
  )

  const { recogniseClient, digest } = ports
  const why = (question: Question): Explanation => {
    const now = { ...pipeline.known(), now: clock.wallMs(), source: 'daemon' as const }
    return explain({ ...now, ownUid: machine.uid, recogniseClient, digest }, question)
  }
  const data = createDataDesk({
    folder: folders.state,
    clock,
    archive,
    async run(job) {
      const done = await keeper.run(job)
      store.removed()
      return done
    },
    settings: () => ports.policy.state().policy.retention,
    isAlone: false,
  })
  const api = createApi({ archive, status: status.read, health, log, explain: why, data })
  const socket = socketPlaceOf(machine).path
  await listenOnSocket(api, socket)
  closers.push(() => api.close())
  const wanted = options.sandbox === undefined ? (options.port ?? null) : 0
  const tcp = await listenOnTcp(
    { handler: (q, a) => api.routing(q, a), token: () => readToken(folders.state), log },
    wanted,
  )
  closers.push(() => tcp.close())
  const { port, moved } = tcp
  const file: DaemonFile = { pid: process.pid, startedAt, version: VERSION, socket, port }
  writeDaemonFile(folders.state, file)
  ownFiles = createOwnFiles({
    folder: folders.state,
    clock,
    file,
    logFile,
    isOurs: lock.keep,
    listen() {
      const again = listenAgain((q, a) => api.routing(q, a), socket)
      if (again !== null) closers.push(() => again.close())
    },
    asOwner: (work) => asUserNow(machine.owner, work),
  })
  closers.push(() => removeDaemonFile(folders.state))

  const { servers, files } = discovery
  log.info({ version: VERSION, servers: servers.length, files: files.length }, 'started')
  events.started(discovery, ports.engine.describe().name, startedAt)
  for (const notice of store.notices) trouble.notice(notice)
  return {
    daemon: {
      pid: process.pid,
      logFile: logFile.path,
      socket,
      tcp: { port, moved },
      notice: machine.notice,
      status: status.read,
    },
    pipeline,
    stopping: () => log.info({}, 'stopping'),
  }
}
