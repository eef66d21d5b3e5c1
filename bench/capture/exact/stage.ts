/** Servers of exact kinds, the far end, and a daemon that knows them; then all are let go. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { EngineName } from '../../../shared/model/observation.ts'
import { type Daemon, startDaemon } from '../../daemon.ts'
import type { Place } from '../../place.ts'
import { waitUntil } from '../../wait.ts'
import { type Client, startClient } from '../client.ts'
import type { SceneBrief } from '../model.ts'
import { type Aim, IN_PRIVATE } from './kinds.ts'
import { isAllRecorded, type One, parseOne, type Row } from './ones.ts'
import { rowsOf, runningServers } from './rows.ts'

const READY_MS = 20_000
/** Until the engine's own start has passed. */
const QUIET_MS = 2_000
/** What came last has to be noticed and committed too: until all is there, nothing came for so long, or it took too long. */
const AFTERWARDS_MS = 6_000
const LONGEST_AFTERWARDS_MS = 20_000
const LOOK_MS = 500

const PRIVATE = `ip link set lo up && ip route add local ${IN_PRIVATE.four}.0.0/15 dev lo && exec "$@"`
const IN_PRIVATE_NETWORK = ['unshare', '--net', 'sh', '-c', PRIVATE, 'sh']

export interface StageOptions {
  readonly engine: EngineName
  readonly servers: ReadonlyMap<string, readonly string[]>
  readonly confined?: readonly string[]
  readonly aim: Aim
  readonly onLine?: (line: string) => void
}

export interface Stage {
  readonly daemon: Daemon
  readonly home: string
  readonly client: Client
  end(): Promise<void>
}

/** Each stage of a scene has a home of its own. Throws when the engine that was asked for is not the one in use. */
export async function openStage(
  brief: Pick<SceneBrief, 'program'>,
  place: Pick<Place, 'home' | 'mainPath'>,
  options: StageOptions,
): Promise<Stage> {
  const { engine, servers, confined = [], aim, onLine } = options
  const home = join(place.home, `${engine}-${performance.now().toFixed(0)}`)
  mkdirSync(home)
  const through = aim === IN_PRIVATE ? IN_PRIVATE_NETWORK : []
  const { program } = brief
  const client = await startClient({ home, program, servers, confined, through })
  const sink = await startSink(program, aim, client.pid)
  const close = async (): Promise<void> => {
    await client.stop()
    await ended(sink)
  }
  try {
    const daemon = await startDaemon({
      home,
      mainPath: place.mainPath,
      engine,
      asService: true,
      through: ['setpriv', '--pdeathsig', 'KILL'],
      ...(onLine === undefined ? {} : { onLine }),
    })
    const end = async (): Promise<void> => {
      await daemon.stop()
      await close()
    }
    try {
      const isKnown = (): boolean => {
        const running = runningServers(home)
        return [...servers.keys()].every((name) => running.has(name))
      }
      await waitUntil(isKnown, 'the servers are known', READY_MS)
      await delay(QUIET_MS)
      await demandEngine(daemon, engine)
    } catch (error) {
      await daemon.stop()
      throw error
    }
    return { daemon, home, client, end }
  } catch (error) {
    await close()
    throw error
  }
}

async function demandEngine(daemon: Daemon, wanted: EngineName): Promise<void> {
  const status = (await daemon.get('/api/v1/status')) as { engine: { name: string } }
  if (status.engine.name !== wanted) throw new Error(`the engine in use is ${status.engine.name}`)
}

async function startSink(program: string, aim: Aim, client: number): Promise<ChildProcess> {
  const inside = aim === IN_PRIVATE ? ['nsenter', `--net=/proc/${client}/ns/net`] : []
  const words = [...inside, program, 'exact-sink', aim.six, String(aim.port)]
  const [first = program, ...rest] = words
  const sink = spawn(first, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  let said = ''
  sink.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const isReady = (): boolean => said.includes('ready') || sink.exitCode !== null
  await waitUntil(isReady, 'the far end listens', READY_MS)
  if (sink.exitCode !== null) throw new Error('the far end did not start')
  return sink
}

async function ended(child: ChildProcess): Promise<void> {
  child.stdin?.end()
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null
  await waitUntil(isOver, 'the far end ends', READY_MS)
}

/** Lets the servers go, and reads what was made and what was recorded, once `isAll` or nothing new comes. */
export async function play(
  { client, home }: Stage,
  limitMs: number,
  isAll: (ones: readonly One[], rows: readonly Row[]) => boolean = isAllRecorded,
): Promise<{ readonly ones: readonly One[]; readonly rows: readonly Row[] }> {
  await client.go(limitMs)
  const ones = client.lines().flatMap(parseOne)
  return { ones, rows: await settledRows(home, (rows) => isAll(ones, rows)) }
}

async function settledRows(
  home: string,
  isAll: (rows: readonly Row[]) => boolean,
): Promise<readonly Row[]> {
  const until = performance.now() + LONGEST_AFTERWARDS_MS
  let rows = rowsOf(home)
  let cameAt = performance.now()
  while (performance.now() < Math.min(until, cameAt + AFTERWARDS_MS)) {
    const isAllThere = isAll(rows)
    await delay(LOOK_MS)
    const now = rowsOf(home)
    if (now.length > rows.length) cameAt = performance.now()
    rows = now
    // Once more after that: for what is there twice.
    if (isAllThere) break
  }
  return rows
}
