/** Compares what was made of a case with what is expected of it. Pure. */
import type { Instance } from '../../shared/model/attribution.ts'
import type { ProcessTable } from '../../shared/model/process.ts'
import type { CorpusCase, CorpusInstance } from './case.ts'
import type { Replay } from './replay.ts'

/**
 * - `wrong`: a process was given to a server that is not its own, or a server to a client that did not start it.
 * - `less`: something was not found, or named less exactly than can be told.
 * - `other`: it was found, and something else is said of it.
 */
export interface Difference {
  readonly kind: 'wrong' | 'less' | 'other'
  readonly text: string
}

export interface Verdict {
  readonly differences: readonly Difference[]
  /** How many of the expected instances were found as they are. */
  readonly found: number
}

/** Of `one`, only what is expected counts. */
export function judgeReplay(
  one: Pick<CorpusCase, 'expected'> & Partial<Pick<CorpusCase, 'unconfigured' | 'undeclared'>>,
  replay: Replay,
): Verdict {
  const differences: Difference[] = []
  const owners = expectedOwners(one.expected, replay)
  const unconfigured = one.unconfigured ?? []
  const allowed = (one.undeclared ?? []).flatMap(({ root, names }) =>
    names.map((name) => ({ name, root })),
  )
  for (const instance of replay.instances)
    differences.push(
      ...(instance.unconfigured === undefined
        ? strangersIn(instance, owners, replay)
        : unconfiguredIn(instance, [...unconfigured, ...allowed], owners)),
    )
  for (const { name, root } of unconfigured)
    if (!replay.instances.some((it) => it.rootPid === root && it.unconfigured?.name === name))
      differences.push(less(`${name} at ${root}, which is in no file, was not found`))
  let found = 0
  for (const wanted of one.expected) {
    const here = differencesOf(wanted, owners, replay)
    if (here.every(({ kind }) => kind !== 'less')) found += 1
    differences.push(...here)
  }
  return { differences, found }
}

/**
 * By pid. Where a case does not name the members, they are what is or was in the tree below root and server, up to the
 * next instance.
 */
export type Owners = ReadonlyMap<number, CorpusInstance>

export function expectedOwners(
  expected: readonly CorpusInstance[],
  { table, tables }: Pick<Replay, 'table' | 'tables'>,
): Owners {
  const owners = new Map<number, CorpusInstance>()
  for (const wanted of expected) {
    if (wanted.members !== undefined) continue
    const tops = [wanted.root, wanted.server]
    for (const [pid, { startTicks }] of table.processes)
      for (const { processes } of tables)
        if (processes.get(pid)?.startTicks === startTicks)
          if (tops.includes(nextTop(pid, expected, processes))) owners.set(pid, wanted)
  }
  for (const wanted of expected)
    for (const pid of wanted.members ?? []) if (!owners.has(pid)) owners.set(pid, wanted)
  return owners
}

/** The nearest root or server of any instance among a process and those above it; 0 is nobody's number. */
function nextTop(
  pid: number,
  expected: readonly CorpusInstance[],
  processes: ProcessTable['processes'],
): number {
  const tops = new Set(expected.flatMap(({ root, server }) => [root, server]))
  let at = processes.get(pid)
  for (let level = 0; at !== undefined && level < processes.size; level += 1) {
    if (tops.has(at.pid)) return at.pid
    const above = processes.get(at.ppid)
    at = above === undefined || above.startTicks > at.startTicks ? undefined : above
  }
  return 0
}

/** One that is in no file: it must be said to be one, and nobody's process may be taken for a part of it. */
function unconfiguredIn(
  { unconfigured, rootPid, members }: Instance,
  wanted: CorpusCase['unconfigured'],
  owners: Owners,
): Difference[] {
  const name = unconfigured?.name ?? ''
  if (!wanted.some((one) => one.name === name && one.root === rootPid))
    return [wrong(`${rootPid} was taken for ${name}, which no file declares`)]
  return members.flatMap(({ process: { pid } }) =>
    owners.has(pid) ? [wrong(`${pid} was given to ${name}, which no file declares`)] : [],
  )
}

/** Processes that were given to something that they do not belong to. */
function strangersIn(instance: Instance, owners: Owners, replay: Replay): Difference[] {
  const given = namesOf(instance, replay)
  return instance.members.flatMap(({ process: { pid } }) => {
    const owner = owners.get(pid)
    if (owner === undefined)
      return [wrong(`${pid} was given to ${given.join(', ')}; it belongs to no server`)]
    // More names than needed are no wrong name, as long as the true ones are among them.
    const isKept = ownNames(owner).every((name) => given.includes(name))
    if (isKept) return []
    return [
      wrong(`${pid} was given to ${given.join(', ')}; it is of ${ownNames(owner).join(', ')}`),
    ]
  })
}

function differencesOf(wanted: CorpusInstance, owners: Owners, replay: Replay): Difference[] {
  const instance = replay.instances.find(({ rootPid }) => rootPid === wanted.root)
  const title = `${wanted.servers.join(', ')} at ${wanted.root}`
  if (instance === undefined) return [less(`${title} was not found`)]
  const differences: Difference[] = []
  const given = namesOf(instance, replay)
  if (given.length > wanted.servers.length && wanted.servers.length === 1)
    differences.push(less(`${title} was named ${given.join(', ')}`))
  const startedBy = runningClient(instance, replay)
  if (startedBy !== wanted.startedBy)
    differences.push({
      kind: startedBy === null ? 'less' : 'wrong',
      text: `${title} was started by ${wanted.startedBy ?? 'no client'}, not by ${startedBy ?? 'none'}`,
    })
  if (instance.quality !== wanted.quality)
    differences.push(other(`${title} is ${wanted.quality}, not ${instance.quality}`))
  if (instance.judged !== wanted.judged)
    differences.push(other(`${title} is ${wanted.judged ? '' : 'not '}to be judged`))
  const { package: ran } = instance
  const runs = ran === null ? null : `${ran.name}@${ran.version ?? '?'}`
  if (wanted.package !== undefined && wanted.package !== runs)
    differences.push(other(`${title} runs ${wanted.package}, not ${runs ?? 'something unknown'}`))
  return [...differences, ...memberDifferences(wanted, title, instance, owners)]
}

/** A client that has ended is remembered, and started nothing that runs now. */
function runningClient({ client }: Instance, { table }: Replay): number | null {
  if (client === null) return null
  return table.processes.get(client.pid)?.key === client.process ? client.pid : null
}

function memberDifferences(
  wanted: CorpusInstance,
  title: string,
  instance: Instance,
  owners: Owners,
): Difference[] {
  const differences: Difference[] = []
  const roles = new Map(instance.members.map(({ process, role }) => [process.pid, role]))
  for (const [pid, owner] of owners)
    if (owner === wanted && !roles.has(pid))
      differences.push(less(`${pid} was not found to be of ${title}`))
  const serving = [...roles].flatMap(([pid, role]) => (role === 'server' ? [pid] : []))
  if (wanted.server !== null && roles.has(wanted.server) && !serving.includes(wanted.server))
    differences.push(other(`${wanted.server} is the server of ${title}, not ${serving.join(', ')}`))
  if (wanted.server === null && serving.length > 0)
    differences.push(other(`${serving.join(', ')} of ${title} is no server yet`))
  return differences
}

function ownNames({ client, servers }: CorpusInstance): readonly string[] {
  return servers.map((name) => `${client}:${name}`)
}

/** Client and name of the entries that an instance was named by. */
export function namesOf(instance: Instance, { discovery }: Replay): readonly string[] {
  const servers = discovery.servers.filter(({ id }) => instance.serverIds.includes(id))
  return servers.map(({ client, name }) => `${client}:${name}`).sort()
}

function wrong(text: string): Difference {
  return { kind: 'wrong', text }
}

function less(text: string): Difference {
  return { kind: 'less', text }
}

function other(text: string): Difference {
  return { kind: 'other', text }
}
