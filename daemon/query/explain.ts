/** Why a process is taken for a server or not, and how an entry is recognised. Pure; shows no arguments. */
import { SCHEMA_VERSION } from '../../shared/contract/common.ts'
import type { Explanation, NearJson, Question, RuledOut } from '../../shared/contract/explain.ts'
import { McpWatchError } from '../../shared/errors.ts'
import type { Instance } from '../../shared/model/attribution.ts'
import type { EpochMs } from '../../shared/model/ids.ts'
import type { Process, ProcessTable } from '../../shared/model/process.ts'
import type { Server } from '../../shared/model/server.ts'
import { QUALITY_SENTENCES, REASON_SENTENCES } from '../../shared/text/attribution-words.ts'
import { basename } from '../../shared/text/basename.ts'
import { iso } from '../../shared/text/iso.ts'
import { createGlances } from '../match/glance.ts'
import { createMatcher, type Matcher } from '../match/pattern.ts'
import { createScene, type Scene } from '../match/scene.ts'
import { type Near, nearEntries, nearProcesses } from './explain-near.ts'
import { NEAR_SENTENCES, RULED_OUT_SENTENCES, signatureOf } from './explain-words.ts'
import { selectServers } from './filter.ts'

/** What is known at the moment of the question. */
export interface Scenery {
  readonly now: EpochMs
  readonly source: Explanation['source']
  readonly table: ProcessTable
  readonly servers: readonly Server[]
  readonly instances: readonly Instance[]
  readonly ownUid: number
  readonly recogniseClient: (process: Process) => string | null
  readonly digest: (text: string) => string
}

interface Looked {
  readonly scenery: Scenery
  readonly scene: Scene
  readonly matcher: Matcher
}

const MOST_NEAR = 20

/** Throws NO_DATA before the first look, and UNKNOWN_SERVER, with the known ones as the hint. A process that is gone is an answer, not an error. */
export function explain(scenery: Scenery, question: Question): Explanation {
  const { table, servers, recogniseClient, digest, ownUid } = scenery
  if (table.processes.size === 0) {
    throw new McpWatchError('NO_DATA', 'the processes were not listed yet', {
      hint: 'ask again in a moment',
    })
  }
  const matcher = createMatcher(digest)
  const glance = createGlances()({ servers, table, recogniseClient, digest, ownUid })
  const scene = createScene(table, glance, foundAtStdin(scenery.instances))
  const looked = { scenery, scene, matcher }
  const about =
    'pid' in question ? aboutProcess(looked, question.pid) : aboutServer(looked, question)
  return {
    schemaVersion: SCHEMA_VERSION,
    generatedAt: iso(scenery.now),
    at: iso(table.at),
    source: scenery.source,
    question: {
      pid: 'pid' in question ? question.pid : null,
      server: 'server' in question ? question.server : null,
    },
    process: about.process,
    servers: about.servers.map(serverJson),
    instances: about.instances.map(instanceJson),
    ruledOut: about.ruledOut.map((code) => ({ code, message: RULED_OUT_SENTENCES[code] })),
    near: about.near.slice(0, MOST_NEAR).map(nearJson),
  }
}

/** What matching was told of them: for others nobody asked. */
function foundAtStdin(instances: readonly Instance[]): (process: Process) => number | null {
  const clients = new Map(
    instances.flatMap(({ members, client }) =>
      members.map(({ process: { key } }) => [key, client?.pid ?? null]),
    ),
  )
  return ({ key }) => clients.get(key) ?? null
}

interface About {
  readonly process: Explanation['process']
  readonly servers: readonly Server[]
  readonly instances: readonly Instance[]
  readonly ruledOut: readonly RuledOut[]
  readonly near: readonly Near[]
}

function aboutServer({ scenery, scene, matcher }: Looked, { server }: { server: string }): About {
  const servers = selectServers(scenery.servers, { server })
  const ids = new Set<string>(servers.map(({ id }) => id))
  const instances = scenery.instances.filter(({ serverIds }) => serverIds.some((id) => ids.has(id)))
  const running = new Set<string>(instances.flatMap(({ serverIds }) => serverIds))
  const members = new Set(instances.flatMap((instance) => instance.members.map(pidOf)))
  const near = scene.index.all
    .filter(({ server: { id } }) => ids.has(id) && !running.has(id))
    .flatMap((signature) => nearProcesses(scene, matcher, signature, MOST_NEAR))
    .filter(({ process }) => !members.has(process.pid))
  return { process: null, servers, instances, ruledOut: [], near }
}

function aboutProcess(looked: Looked, pid: number): About {
  const { scenery, scene, matcher } = looked
  const process = scenery.table.processes.get(pid)
  if (process === undefined) return { ...NOTHING, process: goneProcess(pid), ruledOut: ['gone'] }
  const instance = scenery.instances.find((it) =>
    it.members.some((member) => pidOf(member) === pid),
  )
  const json = processJson(scene, process)
  if (instance !== undefined) {
    const chosen = new Set<string>(instance.serverIds)
    const root = scenery.table.processes.get(instance.rootPid) ?? process
    const role = instance.members.find((member) => pidOf(member) === pid)?.role ?? null
    return {
      process: { ...json, part: 'member', role },
      servers: scenery.servers.filter(({ id }) => chosen.has(id)),
      instances: [instance],
      ruledOut: [],
      near: nearEntries(scene, matcher, root, chosen),
    }
  }
  const near = nearEntries(scene, matcher, process, new Set())
  const ruledOut = ruledOutOf(looked, process, near)
  const part = ruledOut.includes('is-client')
    ? 'client'
    : ruledOut.includes('starts-server')
      ? 'starter'
      : 'stranger'
  return { ...NOTHING, process: { ...json, part }, ruledOut, near }
}

const NOTHING = { servers: [], instances: [], near: [] } as const

/** Most telling first. */
function ruledOutOf(
  { scenery, scene }: Looked,
  process: Process,
  near: readonly Near[],
): readonly RuledOut[] {
  const found: RuledOut[] = []
  const { executable, argv, uid, readable } = process
  const isAncestor = scenery.instances.some(({ ancestors }) =>
    ancestors.some(({ pid }) => pid === process.pid),
  )
  if (scene.clientId(process) !== null) found.push('is-client')
  else if (isAncestor) found.push('starts-server')
  const isTheirs = uid !== scenery.ownUid && scenery.ownUid !== 0
  if (!readable) found.push(isTheirs ? 'other-user' : 'unreadable')
  if (executable === null && argv.length === 0) found.push('kernel-thread')
  if (scene.facet(process).untrusted) found.push('title-not-believed')
  if (scenery.servers.length === 0) found.push('nothing-configured')
  else if (near.length > 0) found.push('near-only')
  else if (found.length === 0) found.push('no-signature')
  return found
}

function goneProcess(pid: number): Explanation['process'] {
  return {
    pid,
    part: 'gone',
    role: null,
    parentPid: null,
    uid: null,
    executable: null,
    script: null,
    package: null,
    startedAt: null,
    client: null,
    readable: null,
  }
}

function processJson(scene: Scene, process: Process): NonNullable<Explanation['process']> {
  const { pid, ppid, uid, executable, script, startedAt, readable } = process
  const client = scene.nearestClient(process)
  return {
    pid,
    part: 'stranger',
    role: null,
    parentPid: ppid,
    uid,
    executable,
    script: script === null ? null : basename(script.path),
    package: packageJson(script?.package ?? null),
    startedAt: iso(startedAt),
    client: client === null ? null : { id: client.id, pid: client.process.pid },
    readable,
  }
}

function serverJson(server: Server): Explanation['servers'][number] {
  const { id, name, client, source, scope, transport, disabled, inClient = false } = server
  const signature = signatureOf(server)
  return { id, name, client, source, scope, transport, disabled, inClient, signature }
}

function instanceJson(instance: Instance): Explanation['instances'][number] {
  const { serverIds, rootPid, startedAt, client, quality, reasons, judged, orphaned } = instance
  return {
    serverIds: [...serverIds],
    rootPid,
    startedAt: iso(startedAt),
    client: client === null ? null : { id: client.id, pid: client.pid },
    quality: { code: quality, message: QUALITY_SENTENCES[quality] },
    reasons: reasons.map((code) => ({ code, message: REASON_SENTENCES[code] })),
    judged,
    orphaned,
    package: packageJson(instance.package),
    processes: instance.members.map(({ process, role }) => ({
      pid: process.pid,
      role,
      executable: process.executable,
      readable: process.readable,
    })),
  }
}

function nearJson({ signature: { server }, process, why }: Near): NearJson {
  const { id: serverId, name, client } = server
  const { pid, executable } = process
  return {
    serverId,
    server: name,
    client,
    pid,
    executable,
    code: why,
    message: NEAR_SENTENCES[why],
  }
}

function packageJson(
  found: { readonly name: string; readonly version: string | null } | null,
): { name: string; version: string | null } | null {
  return found === null ? null : { name: found.name, version: found.version }
}

function pidOf({ process }: { readonly process: Process }): number {
  return process.pid
}
