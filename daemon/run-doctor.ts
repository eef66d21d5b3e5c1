/** Gathers what `doctor` tells about this machine, and what it makes of it. Writes nothing. */
import { hostname, release, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { knownClients } from '../shared/clients/paths.ts'
import type { DaemonFile, Status } from '../shared/contract/answers.ts'
import { SCHEMA_VERSION } from '../shared/contract/common.ts'
import type { Doctor, Facts } from '../shared/contract/doctor.ts'
import type { ProcessTable } from '../shared/model/process.ts'
import type { Discovery } from '../shared/model/server.ts'
import { iso } from '../shared/text/iso.ts'
import { VERSION } from '../shared/version.ts'
import { createNotifier } from './alert/notifier.ts'
import { kernelSaid } from './capture/bpf/kernel-said.ts'
import { engineLadder, toolsOf } from './capture/choose.ts'
import { findTool, runTool, runToolAs } from './capture/run-tool.ts'
import { composeMatching, composePolicy, thisMachine } from './compose.ts'
import { containersNow } from './compose-containers.ts'
import { composeEngines } from './compose-engines.ts'
import { exactSources } from './compose-exact.ts'
import { blindSpots } from './doctor/blind-spots.ts'
import { type Bundle, makeBundle } from './doctor/bundle.ts'
import { checksOf } from './doctor/checks.ts'
import { configurationFacts, foundIn } from './doctor/configurations.ts'
import { parseLog } from './doctor/log-tail.ts'
import { readEnd, SYSTEM_FILES } from './doctor/read-part.ts'
import { tryRungs } from './doctor/rungs.ts'
import { serviceFacts } from './doctor/service.ts'
import { stateFacts } from './doctor/state.ts'
import { surroundings } from './doctor/surroundings.ts'
import { toolFacts } from './doctor/tools.ts'
import { asUserNow } from './host/as-user.ts'
import { silentLog } from './host/log.ts'
import { temporarySalt } from './host/salt.ts'
import type { Machine } from './machine.ts'
import { loadNative } from './native/load.ts'
import { policyPath } from './policy/place.ts'
import type { ProcessSource } from './ports.ts'

/** Longer than each question may take, so that a silent engine is told of as such. */
const SLOWEST_ENGINE_MS = 5_000

/** What the command line learnt from the running daemon; null when none runs. */
export type DaemonSeen = {
  readonly file: DaemonFile
  /** Null for one that does not answer. */
  readonly status: Status | null
} | null

export interface Examination {
  readonly doctor: Doctor
  readonly bundle: () => Bundle
}

/** Works whether a daemon runs or not; what is missing is in the answer, not an error. */
export async function examine(daemon: DaemonSeen): Promise<Examination> {
  const machine = thisMachine()
  const { clock, folders } = machine
  const begun = { wall: clock.wallMs(), monotonic: clock.monotonicMs() }
  const around = surroundings(machine.platform, SYSTEM_FILES)
  const lines = parseLog(readEnd(join(folders.state, 'log')) ?? '')
  const looked = await lookAround(machine, daemon)
  const now = clock.wallMs()
  const facts: Facts = {
    program: {
      version: VERSION,
      node: process.version,
      platform: machine.platform,
      arch: process.arch,
      kernel: around.kernel ?? release(),
    },
    user: {
      uid: machine.uid,
      sudo: machine.owner !== null,
      home: folders.home,
    },
    daemon: daemonFacts(daemon),
    service: await serviceFacts({
      platform: machine.platform,
      uid: machine.owner?.uid ?? machine.uid,
      home: folders.home,
      config: dirname(dirname(policyPath(machine.env, folders.home))),
      version: VERSION,
      // What a user's file names must not be run as root.
      runTool: runToolAs(machine.owner),
    }),
    ...looked,
    containers: await containerFacts(machine),
    system: around.system,
    notification: createNotifier({ ...machine, findTool, runTool }).describe(),
    // As that user: SQLite makes a -shm file where it reads, and it must not be root's (sqlite.org/wal.html).
    ...asUserNow(machine.owner, () =>
      stateFacts({ folder: folders.state, uid: machine.owner?.uid ?? machine.uid, lines, now }),
    ),
    clock: {
      wall: iso(now),
      stepMs: Math.round(now - begun.wall - (clock.monotonicMs() - begun.monotonic)),
    },
  }
  const doctor = answerOf(facts, now)
  const person = {
    homes: [folders.home, process.env['HOME'] ?? '', userNames().home],
    names: [...userNames().names, process.env['SUDO_USER'] ?? ''],
    hostname: hostname(),
  }
  const status = daemon?.status ?? null
  return { doctor, bundle: () => makeBundle({ doctor, status, log: lines, person }) }
}

function answerOf(facts: Facts, now: number): Doctor {
  const checks = checksOf(facts)
  return {
    schemaVersion: SCHEMA_VERSION,
    generatedAt: iso(now),
    possible: checks.every(({ status }) => status !== 'blocked'),
    ...facts,
    checks: [...checks],
    cannotSee: blindSpots(facts),
  }
}

function daemonFacts(daemon: DaemonSeen): Facts['daemon'] {
  if (daemon === null) return null
  const { file, status } = daemon
  return { pid: file.pid, health: status?.daemon ?? null, engine: status?.engine ?? null }
}

/** Engine, processes and configurations, as far as each can be had. */
async function lookAround(
  machine: Machine,
  daemon: DaemonSeen,
): Promise<Pick<Facts, 'engine' | 'processes' | 'configurations'>> {
  const { processes, discoverer, recogniseClient } = composeMatching(machine, temporarySalt())
  try {
    const table = await processes.sample(new Set()).catch(() => null)
    const clients = [...(table?.processes.values() ?? [])].flatMap(
      (each) => recogniseClient(each) ?? [],
    )
    return {
      engine: await engineFacts(machine, processes, table),
      processes: table === null ? null : processFacts(machine, processes.method, table),
      configurations: configurationsOf(machine, discoverer.read(), clients, daemon),
    }
  } finally {
    discoverer.stop()
  }
}

async function engineFacts(
  machine: Machine,
  processes: ProcessSource,
  table: ProcessTable | null,
): Promise<Facts['engine']> {
  const ladder = engineLadder(machine.platform)
  const loaded = await loadNative()
  const own = table?.processes.get(process.pid)
  return {
    ladder: [...ladder],
    tools: await toolFacts({ findTool, runTool }, toolsOf(machine.platform)),
    ...(await tryRungs(ladder, {
      kernelSaid,
      watched: own === undefined ? [] : [{ ...own, kind: 'member' }],
      clock: machine.clock,
      open: (engine) =>
        composeEngines({
          machine,
          wishes: { engine, intervalMs: null },
          loaded,
          processes,
          log: silentLog,
          exact: exactSources(machine),
        }).engine,
    })),
  }
}

async function containerFacts(machine: Machine): Promise<Facts['containers']> {
  const { all, engines } = await containersNow(machine, SLOWEST_ENGINE_MS)
  const running = all.filter((each) => each.running)
  return {
    engines: [...engines],
    running: running.length,
    here: running.filter(({ pid }) => pid !== null).length,
  }
}

function configurationsOf(
  machine: Machine,
  discovery: Discovery,
  running: readonly string[],
  daemon: DaemonSeen,
): Facts['configurations'] {
  const { platform, env, folders } = machine
  const status = daemon?.status ?? null
  return configurationFacts({
    known: knownClients({ platform, env, home: folders.home }),
    found:
      status === null
        ? foundIn(discovery, composePolicy(machine, silentLog).state())
        : { read: status.configurations, diagnostics: status.diagnostics },
    servers: discovery.servers,
    running,
  })
}

function processFacts(
  { uid }: Machine,
  method: 'proc' | 'ps',
  { processes }: ProcessTable,
): NonNullable<Facts['processes']> {
  const all = [...processes.values()]
  const own = processes.get(process.pid)?.netns ?? null
  return {
    method,
    total: all.length,
    otherUsers: all.filter((each) => each.uid !== uid).length,
    unreadable: all.filter((each) => each.uid === uid && !each.readable).length,
    otherNamespaces:
      own === null ? 0 : all.filter(({ netns }) => netns !== null && netns !== own).length,
  }
}

function userNames(): { readonly names: readonly string[]; readonly home: string } {
  try {
    const { username, homedir } = userInfo()
    return { names: [username], home: homedir }
  } catch {
    // A user id without an entry, as in many containers.
    return { names: [], home: '' }
  }
}
